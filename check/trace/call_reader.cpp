#include "check/trace/call_reader.hpp"

#include <fcntl.h>
#include <linux/memfd.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>

#include <algorithm>
#include <bit>

#include "check/trace/resource_file.hpp"
#include "check/trace/task_memory.hpp"

namespace dynascale::check {
namespace {

using Arguments = const std::uint64_t (&)[6];

std::optional<Call> read_open(int task, int directory, std::uint64_t address) {
  const auto path = TaskMemory{task, TaskMemory::Access::read}.read_path(address);
  if (!path) return std::nullopt;
  Call call{.name = CallName::open, .path = absolute_path(task, directory, *path)};
  if (resource_file(call.path) == ResourceFile::none) return std::nullopt;
  return call;
}

/// Fewer CPUs in the mask than this process may use: the tracer itself is not pinned as a rule.
bool narrows(int task, std::uint64_t length, std::uint64_t address) {
  cpu_set_t own;
  CPU_ZERO(&own);
  if (::sched_getaffinity(0, sizeof own, &own) != 0) return true;
  const auto mask =
      TaskMemory{task, TaskMemory::Access::read}.read(address, std::min<std::uint64_t>(length, sizeof own));
  int count = 0;
  for (const char byte : mask) count += std::popcount(static_cast<unsigned char>(byte));
  return count < CPU_COUNT(&own) || CPU_COUNT(&own) == 1;
}

Call sized(CallName name, std::uint64_t length, std::uint64_t flags) {
  return Call{.name = name, .length = length, .flags = flags};
}

}  // namespace

std::vector<FilterRule> traced_calls() {
  return {
#ifdef __NR_open
      {__NR_open},
#endif
      {__NR_openat},
      {__NR_openat2},
      {__NR_sched_getaffinity},
      {__NR_sched_setaffinity},
      {__NR_sysinfo},
      {__NR_mlock},
      {__NR_mlock2},
      {__NR_mlockall},
      {__NR_mbind},
      {__NR_set_mempolicy},
      {__NR_listen},
      {__NR_mmap, 3, MAP_HUGETLB | MAP_POPULATE | MAP_LOCKED},
      {__NR_shmget, 2, SHM_HUGETLB},
      {__NR_memfd_create, 1, MFD_HUGETLB},
  };
}

bool is_listen(std::uint64_t number) {
  return number == __NR_listen;
}

std::optional<Call> read_call(int task, std::uint64_t number, Arguments arguments) {
  switch (number) {
#ifdef __NR_open
    case __NR_open:
      return read_open(task, AT_FDCWD, arguments[0]);
#endif
    case __NR_openat:
    case __NR_openat2:
      return read_open(task, static_cast<int>(arguments[0]), arguments[1]);
    case __NR_sched_getaffinity:
      return Call{.name = CallName::getaffinity,
                  .length = arguments[1],
                  .own_thread_id = static_cast<int>(arguments[0]) == task};
    case __NR_sched_setaffinity:
      return Call{.name = CallName::setaffinity, .narrows = narrows(task, arguments[1], arguments[2])};
    case __NR_sysinfo:
      return Call{.name = CallName::sysinfo};
    case __NR_mlock:
    case __NR_mlock2:
      return sized(CallName::mlock, arguments[1], 0);
    case __NR_mlockall:
      return Call{.name = CallName::mlockall};
    case __NR_mbind:
    case __NR_set_mempolicy:
      return Call{.name = CallName::memory_policy};
    case __NR_mmap: {
      auto call = sized(CallName::mmap, arguments[1], arguments[3]);
      call.anonymous = (arguments[3] & MAP_ANONYMOUS) != 0;
      return call;
    }
    case __NR_shmget:
      return sized(CallName::shmget, arguments[1], arguments[2]);
    case __NR_memfd_create:
      return sized(CallName::memfd_create, 0, arguments[1]);
    default:
      return std::nullopt;
  }
}

}  // namespace dynascale::check
