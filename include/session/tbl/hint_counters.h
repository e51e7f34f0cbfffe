/* HINT_COUNTER(name, words for people): counters of hints in statements, by worker and cluster. */
HINT_COUNTER(hints_obeyed, "statements that ran as their hints say")
HINT_COUNTER(hints_refused, "statements that were refused because of their hints")
HINT_COUNTER(hints_unknown, "hints that were not understood: their statements ran as without them")
