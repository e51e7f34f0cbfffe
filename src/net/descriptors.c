#include "net/descriptors.h"

#include "base/log.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>

static unsigned max = UINT_MAX;

void descriptors_raise(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0) {
        log_warning(NULL, "raising the limit of open files: %s", strerrordesc_np(errno));
        limit.rlim_cur = before;
    }
    max = limit.rlim_cur < UINT_MAX ? (unsigned)limit.rlim_cur : UINT_MAX;
}

unsigned descriptors_max(void)
{
    return max;
}

bool descriptors_may_use(int fd, enum descriptors_use use)
{
    static const unsigned shares[] = { [DESCRIPTORS_CLIENT] = 8, [DESCRIPTORS_PARKED] = 2 };
    unsigned kept = DESCRIPTORS_OWN + (use == DESCRIPTORS_UPSTREAM ? 0 : max / shares[use]);
    return max > kept && (unsigned)fd < max - kept;
}
