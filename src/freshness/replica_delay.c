#include "freshness/replica_delay.h"

/* Timers have a resolution of a millisecond: a shorter wait may end too late. */
#define WORTHWHILE_US 1000u

void replica_delay_mark(struct delay *delay, const struct gtid_mark *mark, uint64_t at_us)
{
    if (delay->marked_us != 0)
        return;
    delay->mark = *mark;
    delay->marked_us = at_us;
    delay->lacked_us = 0;
}

void replica_delay_unmark(struct delay *delay)
{
    delay->marked_us = 0;
}

void replica_delay_note_sample(struct delay *delay, uint64_t delay_us)
{
    uint64_t before = delay->average_us;
    uint64_t now = before == 0 ? delay_us : before - before / 8 + delay_us / 8;
    delay->average_us = now > 0 ? now : 1;
}

/* The write arrived between the last poll without it and this answer: the middle is taken. */
void replica_delay_note(struct delay *delay, const struct gtid_table *held, uint64_t begun_us,
                        uint64_t now_us)
{
    if (delay->marked_us == 0)
        return;
    uint64_t late_us = now_us - delay->marked_us;
    const struct gtid_entry *entry = gtid_table_find(held, delay->mark.source);
    if (entry != NULL && entry->reach >= delay->mark.reach) {
        uint64_t least_us = delay->lacked_us > delay->marked_us ? delay->lacked_us - delay->marked_us : 0;
        replica_delay_note_sample(delay, (least_us + late_us) / 2);
        replica_delay_unmark(delay);
        return;
    }
    delay->lacked_us = begun_us;
    if (delay->average_us != 0 &&
        late_us > delay->average_us) /* so that reads do not wait for a replica that has stopped */
        delay->average_us = late_us;
}

uint64_t replica_delay_due_us(const struct delay *delay)
{
    return delay->marked_us + delay->average_us;
}

uint64_t replica_delay_wait_us(const struct delay *delay, uint64_t elapsed_us, uint64_t primary_us,
                               uint64_t replica_us)
{
    if (delay->average_us == 0 || primary_us == 0 || primary_us < replica_us + WORTHWHILE_US)
        return 0;
    uint64_t saved_us = primary_us - replica_us;
    uint64_t expected_us = delay->average_us > elapsed_us ? delay->average_us - elapsed_us : 0;
    return expected_us < saved_us ? saved_us : 0;
}
