#include "http/process.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* /proc/self/stat, see proc(5). The second field is a name in brackets, which may contain any character. */
static void read_stat(struct process *process)
{
    char line[1024];
    unsigned long long threads = 0, start_ticks = 0, virtual_bytes = 0;
    long long resident_pages = 0;
    FILE *file = fopen("/proc/self/stat", "re");
    size_t len = file == NULL ? 0 : fread(line, 1, sizeof line - 1, file);
    line[len] = '\0';
    if (file != NULL)
        (void)fclose(file);
    const char *rest = line + len;
    while (rest > line && rest[-1] != ')')
        rest--;
    /* 3 state, 4 to 13 (ppid … cmajflt), 14 to 17 times, 18 and 19 priorities, 20 threads, 21 itrealvalue,
     * 22 start, 23 virtual size in bytes, 24 resident pages */
    if (sscanf(rest,
               " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %llu %*d %llu %llu %lld",
               &threads, &start_ticks, &virtual_bytes, &resident_pages) != 4)
        return;
    struct timespec wall = { 0 }, boot = { 0 };
    (void)clock_gettime(CLOCK_REALTIME, &wall);
    (void)clock_gettime(CLOCK_BOOTTIME, &boot); /* the clock of start_ticks */
    process->threads = (double)threads;
    process->virtual_bytes = (double)virtual_bytes;
    process->resident_bytes = (double)resident_pages * (double)sysconf(_SC_PAGESIZE);
    process->start_seconds = (double)(wall.tv_sec - boot.tv_sec) +
                             (double)(wall.tv_nsec - boot.tv_nsec) / 1e9 +
                             (double)start_ticks / (double)sysconf(_SC_CLK_TCK);
}

static double count_fds(void)
{
    double count = -3; /* excludes ".", ".." and the descriptor of the folder itself */
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL)
        return NAN;
    while (readdir(folder) != NULL)
        count++;
    (void)closedir(folder);
    return count;
}

static double cpu_of(clockid_t clock)
{
    struct timespec used;
    return clock_gettime(clock, &used) == 0 ? (double)used.tv_sec + (double)used.tv_nsec / 1e9 : NAN;
}

void process_read(struct process *process)
{
    struct rlimit files;
    *process = (struct process){ NAN, NAN, NAN, NAN, NAN, NAN, NAN };
    read_stat(process);
    process->cpu_seconds = cpu_of(CLOCK_PROCESS_CPUTIME_ID);
    process->open_fds = count_fds();
    if (getrlimit(RLIMIT_NOFILE, &files) == 0)
        process->max_fds = (double)files.rlim_cur;
}

double process_thread_cpu(pthread_t thread)
{
    clockid_t clock;
    return pthread_getcpuclockid(thread, &clock) == 0 ? cpu_of(clock) : NAN;
}
