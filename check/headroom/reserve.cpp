#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "check/headroom/headroom.hpp"

namespace dynascale::check {
namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;

/// The envelope in the units that recipes need.
struct Room {
  std::uint64_t most_cpus = 1, least_cpus = 1;
  std::uint64_t most_mib = 1, least_mib = 1;
  /// A share of the largest, or of the smallest, machine's memory in MiB, at least 1.
  [[nodiscard]] std::uint64_t most(std::uint64_t percent) const {
    return std::max<std::uint64_t>(1, most_mib * percent / 100);
  }
  [[nodiscard]] std::uint64_t least(std::uint64_t percent) const {
    return std::max<std::uint64_t>(1, least_mib * percent / 100);
  }
};

std::string postgresql(const Room& room) {
  // As the agent's adapter plans it: workers for the largest machine cost next to nothing, the shared segment
  // must fit into the smallest.
  return fmt::format(
      "max_worker_processes = {}\nmax_parallel_workers = {}\nshared_buffers = {}MB\nhuge_pages = off\n",
      room.most_cpus + 8, room.least_cpus, room.least(25));
}

std::string mariadb(const Room& room) {
  return fmt::format(
      "[mysqld]\ninnodb_buffer_pool_size_max = {}M   # MariaDB 10.11.12 and later\n"
      "innodb_buffer_pool_size = {}M\nthread_handling = pool-of-threads\nthread_pool_size = {}\n",
      room.most(70), room.least(50), room.least_cpus);
}

std::string apache(const Room& room) {
  constexpr std::uint64_t threads = 25;  // Debian's ThreadsPerChild.
  const auto servers = std::max<std::uint64_t>(2, room.most_cpus * 6);
  return fmt::format(
      "# mpm_event\nServerLimit {}\nThreadLimit {}\nThreadsPerChild {}\nMaxRequestWorkers {}\n", servers,
      threads * 2, threads, std::max<std::uint64_t>(1, room.least_cpus) * 6 * threads);
}

std::string haproxy(const Room& room) {
  // Two buffers of 16 KiB and about 2 KiB of state a connection, within a quarter of the memory.
  const auto connections = std::max<std::uint64_t>(1000, room.most_mib * 1024 / 4 / 34);
  return fmt::format(
      "global\n    master-worker\n    maxconn {}\n    # no nbthread, nbproc or cpu-map: a reload counts the "
      "CPUs\n",
      std::min<std::uint64_t>(connections, 1000000));
}

std::string uwsgi(const Room& room) {
  return fmt::format(
      "[uwsgi]\nmaster = true\nprocesses = {}\ncheaper = {}\ncheaper-initial = {}\n# for dynascale-agent; without it "
      "cheaper-algo = spare\ncheaper-algo = manual\nmaster-fifo = /run/uwsgi/%n.fifo\nstats = /run/uwsgi/%n.stats\n",
      room.most_cpus * 2, std::max<std::uint64_t>(1, room.least_cpus),
      std::max<std::uint64_t>(1, room.least_cpus));
}

std::string gunicorn(const Room& /*room*/) {
  return "import os\nworkers = len(os.sched_getaffinity(0)) * 2 + 1   # asked again by every reload\n";
}

std::string php_fpm(const Room& room) {
  constexpr std::uint64_t child_mib = 64;  // A usual PHP request; measure yours.
  return fmt::format("pm = ondemand\npm.max_children = {}\npm.process_idle_timeout = 10s\n",
                     std::max<std::uint64_t>(2, std::min(room.most(60) / child_mib, room.most_cpus * 16)));
}

std::string nginx(const Room& room) {
  return fmt::format(
      "# not auto: nginx counts the CPUs once, and a reload does not count again\nworker_processes {};\n"
      "# no worker_cpu_affinity\n",
      room.most_cpus);
}

std::string jvm(const Room& room) {
  return fmt::format(
      "-Xms{}m\n-Xmx{}m\n-XX:+UseG1GC\n-XX:G1PeriodicGCInterval=60000\n-XX:ParallelGCThreads={}\n",
      room.least(25), room.most(70), room.most_cpus);
}

std::string celery(const Room& room) {
  return fmt::format("celery worker --autoscale={},{}\n", room.most_cpus * 2,
                     std::max<std::uint64_t>(1, room.least_cpus));
}

std::string redis(const Room& room) {
  return fmt::format(
      "# nothing to reserve for memory: maxmemory changes while it runs\nmaxmemory {}mb\n# threads are fixed "
      "at start\nio-threads {}\n",
      room.least(60), std::min<std::uint64_t>(8, std::max<std::uint64_t>(1, room.most_cpus / 2)));
}

std::string memcached(const Room& room) {
  return fmt::format("# threads are fixed at start, memory is not; never -k or -L\n-t {}\n-m {}\n",
                     room.most_cpus, room.least(60));
}

std::string node(const Room& room) {
  return fmt::format("NODE_OPTIONS=--max-old-space-size={}\nUV_THREADPOOL_SIZE={}\n", room.most(70),
                     std::max<std::uint64_t>(4, room.most_cpus));
}

std::string go(const Room& /*room*/) {
  return "# nothing to reserve: go 1.25 or later in go.mod, and no GOMAXPROCS; older ones need a restart\n";
}

std::string puma(const Room& room) {
  return fmt::format(
      "# in cluster mode TTIN and TTOU change the number while it runs\nworkers {}\nthreads 1, 5\n",
      std::max<std::uint64_t>(2, room.least_cpus));
}

std::string rabbitmq(const Room& /*room*/) {
  return "# schedulers exist for every possible CPU; the watermark is computed once, at "
         "start\nvm_memory_high_watermark.relative = 0.4\n";
}

/// How one application reserves. `adapter` is the name that the agent's adapter has, or would have.
struct Recipe {
  std::string_view name, file, adapter;
  std::string (*snippet)(const Room&);
  std::string_view then;
};

constexpr auto recipes = std::to_array<Recipe>({
    {"apache", "mods-available/mpm_event.conf", "apache", apache,
     "MaxRequestWorkers and a graceful reload, up to ServerLimit x ThreadsPerChild"},
    {"celery", "the worker's command line", "celery", celery,
     "it starts and ends processes by itself between the two numbers; celery control autoscale"},
    {"go", "go.mod", "go", go, "the runtime follows affinity and cgroup limits by itself"},
    {"gunicorn", "gunicorn.conf.py", "gunicorn", gunicorn,
     "HUP reads the file again; TTIN and TTOU change the number by one"},
    {"haproxy", "haproxy.cfg", "haproxy", haproxy,
     "USR2 to the master starts new threads for the CPUs of now"},
    {"jvm", "jvm.options or JAVA_TOOL_OPTIONS", "jvm", jvm,
     "the heap grows on demand; G1 gives back when idle; pools made at start keep their size"},
    {"mariadb", "conf.d/dynascale.cnf", "mariadb", mariadb,
     "SET GLOBAL innodb_buffer_pool_size and thread_pool_size"},
    {"memcached", "/etc/memcached.conf", "memcached", memcached, "cache_memlimit over its port"},
    {"nginx", "nginx.conf", "nginx", nginx,
     "idle workers sleep; another literal number and a reload change it"},
    {"node", "the unit's environment", "node", node,
     "the heap grows on demand; a cluster must fork by itself"},
    {"php-fpm", "pool.d/www.conf", "php_fpm", php_fpm,
     "children come on demand; USR2 reads another pm.max_children"},
    {"postgresql", "conf.d/dynascale.conf", "postgresql", postgresql,
     "ALTER SYSTEM and reload: max_parallel_workers, work_mem, effective_cache_size"},
    {"puma", "config/puma.rb", "puma", puma, "TTIN and TTOU"},
    {"rabbitmq", "rabbitmq.conf", "rabbitmq", rabbitmq,
     "rabbitmqctl set_vm_memory_high_watermark 0.4; rabbitmqctl eval for schedulers_online"},
    {"redis", "redis.conf", "redis", redis, "CONFIG SET maxmemory"},
    {"uwsgi", "uwsgi.ini", "uwsgi", uwsgi,
     "orders to the master FIFO start and end workers, up to processes"},
});

}  // namespace

std::vector<std::string_view> headroom_components() {
  std::vector<std::string_view> names;
  for (const auto& recipe : recipes) names.push_back(recipe.name);
  return names;
}

std::vector<Reserve> reserve_for(std::span<const FoundComponent> components, const Envelope& envelope,
                                 std::span<const std::string_view> adapters) {
  const Room room{.most_cpus = envelope.max_cpus,
                  .least_cpus = envelope.min_cpus,
                  .most_mib = envelope.max_memory_bytes / mib,
                  .least_mib = envelope.min_memory_bytes / mib};
  std::vector<Reserve> out;
  for (const auto& component : components) {
    const auto recipe = std::find_if(recipes.begin(), recipes.end(), [&](const Recipe& candidate) {
      return candidate.name == component.name;
    });
    if (recipe == recipes.end()) continue;
    const bool driven = std::find(adapters.begin(), adapters.end(), recipe->adapter) != adapters.end();
    out.push_back({component, std::string{recipe->file}, recipe->snippet(room), std::string{recipe->then},
                   driven ? std::string{recipe->adapter} : std::string{"none yet"}});
  }
  return out;
}

}  // namespace dynascale::check
