#include <unistd.h>
static int ncpu;
int main(int argc, char **argv) {
  // expect: DSC101
  ncpu = sysconf(_SC_NPROCESSORS_ONLN);
  // expect: DSC101
  long n = sysconf(_SC_NPROCESSORS_ONLN);
  for (long i = 0; i < n; i++) pthread_create(&t[i], 0, run, 0);
  // expect: DSC104
  int conf = get_nprocs_conf();
  workers = calloc(conf, sizeof *workers);
  // expect: DSC301
  cache_bytes = sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) / 4;
  // expect: DSC402
  if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0) perror("mlockall");
  // expect: DSC404
  void *p = mmap(0, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  // expect: DSC403
  void *h = mmap(0, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
  // expect: DSC201
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
  // ok: DSC101
  printf("%ld\n", sysconf(_SC_NPROCESSORS_ONLN));
}
void server_init(struct server *s) {
  // expect: DSC101
  s->threads = get_nprocs();
  // expect: DSC111
  s->num_threads = 8;
}
int cpu_count(void) {
  // ok: DSC101
  return sysconf(_SC_NPROCESSORS_ONLN);
}
// expect: DSC101
struct settings defaults = { .threads = 4 }; static void init_pool(void) { pool_create(get_nprocs()); }
// ok: DSC101
/* sysconf(_SC_NPROCESSORS_ONLN) */
// ok: DSC201
int sched_setaffinity(pid_t pid, size_t len, const cpu_set_t *set);
