/* WATCH_COUNTER(name, words for people): what consistency costs, by worker and cluster. */
WATCH_COUNTER(reads_waited, "reads that waited for a replica to catch up")
WATCH_COUNTER(reads_caught_up, "of these, reads that a replica then served")
WATCH_COUNTER(reads_too_early,
              "harmless reads on the primary because no replica had what the client had written or seen")
WATCH_COUNTER(reads_lacking,
              "reads that ran again on the primary because a replica lacked a table, a column or a right")
WATCH_COUNTER(reads_moved, "reads that went to another replica than earlier reads of the client")
WATCH_COUNTER(positions_dropped,
              "positions that no server has any more: transactions lost with an old primary")
WATCH_COUNTER(polls, "questions to servers for their positions")
WATCH_COUNTER(polls_failed, "of these, questions without an answer")
