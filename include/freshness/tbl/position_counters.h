/* POSITION_COUNTER(name, words for people): what consistency costs, by worker and cluster. */
POSITION_COUNTER(reads_waited, "reads that waited for a replica to catch up")
POSITION_COUNTER(reads_caught_up, "of these, reads that a replica then served")
POSITION_COUNTER(reads_too_early,
                 "harmless reads on the primary because no replica had what the client had written or seen")
POSITION_COUNTER(reads_lacking,
                 "reads that ran again on the primary because a replica lacked a table, a column or a right")
POSITION_COUNTER(reads_moved, "reads that went to another replica than earlier reads of the client")
POSITION_COUNTER(positions_dropped,
                 "positions that no server has any more: transactions lost with an old primary")
POSITION_COUNTER(polls, "questions to servers for their positions")
POSITION_COUNTER(polls_failed, "of these, questions without an answer")
