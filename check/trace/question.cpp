#include "check/trace/question.hpp"

#include <fmt/format.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include <algorithm>
#include <array>

#include "check/trace/resource_file.hpp"

namespace dynascale::check {
namespace {

constexpr std::array<std::string_view, topic_count> topic_names{
    "CPUs", "CPU limit", "topology", "memory", "memory limit", "pinning", "NUMA policy", "held memory"};
constexpr std::array<int, topic_count> topic_questions{1, 1, 1, 3, 3, 2, 2, 4};

/// The C library and its loader: they ask on behalf of their caller, or for themselves.
bool is_libc(const Frame& frame) {
  constexpr std::array<std::string_view, 5> beginnings{"libc.so", "libc-", "ld-linux", "libpthread",
                                                       "ld-musl"};
  return std::ranges::any_of(beginnings, [&](auto start) { return frame.module.starts_with(start); });
}

constexpr std::array<std::string_view, 9> allocator_entries{
    "malloc", "calloc", "realloc", "free", "memalign", "valloc", "cfree", "aligned_alloc", "posix_memalign"};

/// "__libc_malloc" and "__get_nprocs" are other names of malloc and get_nprocs.
std::string_view public_name(std::string_view symbol) {
  if (symbol.starts_with("__libc_")) return symbol.substr(7);
  return symbol.starts_with("__") ? symbol.substr(2) : symbol;
}

/// What glibc itself asks for its own ends. Measured with glibc 2.36: qsort() of much data calls sysinfo(),
/// pthread_getattr_np() calls sched_getaffinity(own thread, 32), the arena limit of malloc() reads `online`.
std::string_view libc_noise(const Call& call, std::string_view symbol) {
  symbol = public_name(symbol);
  if (call.name == CallName::sysinfo && symbol.starts_with("qsort")) return "qsort() sizes its buffer";
  if (call.name == CallName::getaffinity && symbol == "pthread_getattr_np") return "stack bounds of a thread";
  if (call.name == CallName::open &&
      std::ranges::find(allocator_entries, symbol) != allocator_entries.end()) {
    return "malloc() limits its arenas";
  }
  return {};
}

std::string_view library_noise(const Frame& frame, Topic topic) {
  if (topic == Topic::held_memory || topic == Topic::pinning || topic == Topic::numa) return {};
  if (frame.module.starts_with("libjemalloc")) return "jemalloc sizes its arenas";
  if (frame.module.starts_with("libnuma")) return "libnuma looks around when it is loaded";
  return {};
}

constexpr std::array<std::string_view, 15> libc_entries{"open_nocancel",
                                                        "open",
                                                        "open64",
                                                        "openat",
                                                        "fopen",
                                                        "fopen64",
                                                        "sysconf",
                                                        "sysinfo",
                                                        "qsort",
                                                        "qsort_r",
                                                        "get_nprocs",
                                                        "get_nprocs_conf",
                                                        "get_phys_pages",
                                                        "sched_getaffinity",
                                                        "pthread_getattr_np"};

/// Where the C library's part of the stack ends. A static program carries the library in its own file, with
/// local functions of any name: it ends behind the outermost known entry.
std::size_t library_end(const std::vector<Frame>& stack) {
  if (std::ranges::any_of(stack, is_libc)) {
    return static_cast<std::size_t>(std::ranges::find_if_not(stack, is_libc) - stack.begin());
  }
  std::size_t end = 0;
  for (std::size_t i = 0; i < stack.size(); ++i) {
    if (std::ranges::find(libc_entries, public_name(stack[i].symbol)) != libc_entries.end()) end = i + 1;
  }
  return end;
}

/// A function that a stripped file does not name is told by the nearest named one that called it.
std::string asker(const std::vector<Frame>& stack, std::size_t at) {
  const auto& frame = stack[at];
  if (!frame.symbol.empty()) return frame.module + ": " + frame.symbol;
  for (auto i = at + 1; i < stack.size() && stack[i].module == frame.module; ++i) {
    if (!stack[i].symbol.empty()) return frame.module + ": below " + stack[i].symbol;
  }
  return frame.module;
}

std::optional<Topic> topic_of_file(std::string_view path) {
  switch (resource_file(path)) {
    case ResourceFile::cpu_online:
    case ResourceFile::cpu_present:
    case ResourceFile::cpu_possible:
    case ResourceFile::cpuinfo:
    case ResourceFile::stat:
      return Topic::cpus;
    case ResourceFile::cpu_topology:
      return Topic::topology;
    case ResourceFile::meminfo:
      return Topic::memory;
    case ResourceFile::cgroup_cpu:
    case ResourceFile::cgroup_cpuset:
      return Topic::cpu_limit;
    case ResourceFile::cgroup_memory:
      return Topic::memory_limit;
    case ResourceFile::huge_pages:
    case ResourceFile::none:
      break;
  }
  return std::nullopt;
}

std::string size_text(std::uint64_t bytes) {
  return fmt::format("{} MiB", bytes >> 20);
}

std::optional<Question> held(const Call& call) {
  if (call.name == CallName::mlockall) return Question{Topic::held_memory, "mlockall", {}, {}};
  if (call.length < least_held_bytes && call.name != CallName::memfd_create) return std::nullopt;
  if (call.name == CallName::mlock) {
    return Question{Topic::held_memory, "mlock of " + size_text(call.length), {}, {}};
  }
  if (call.name == CallName::shmget && (call.flags & SHM_HUGETLB) != 0) {
    return Question{Topic::held_memory, "shmget of huge pages, " + size_text(call.length), {}, {}};
  }
  if (call.name == CallName::memfd_create && (call.flags & MFD_HUGETLB) != 0) {
    return Question{Topic::held_memory, "memfd_create of huge pages", {}, {}};
  }
  if (call.name != CallName::mmap || !call.anonymous) return std::nullopt;
  const auto* how = (call.flags & MAP_HUGETLB) != 0    ? "huge pages"
                    : (call.flags & MAP_LOCKED) != 0   ? "locked"
                    : (call.flags & MAP_POPULATE) != 0 ? "populated"
                                                       : nullptr;
  if (how == nullptr) return std::nullopt;
  return Question{Topic::held_memory, fmt::format("mmap {}, {}", how, size_text(call.length)), {}, {}};
}

std::optional<Question> raw_question(const Call& call) {
  switch (call.name) {
    case CallName::getaffinity:
      return Question{Topic::cpus, "sched_getaffinity", {}, {}};
    case CallName::setaffinity:
      if (!call.narrows) return std::nullopt;
      return Question{Topic::pinning, "sched_setaffinity", {}, {}};
    case CallName::sysinfo:
      return Question{Topic::memory, "sysinfo", {}, {}};
    case CallName::memory_policy:
      return Question{Topic::numa, "memory policy", {}, {}};
    case CallName::open:
      if (const auto topic = topic_of_file(call.path)) return Question{*topic, "reads " + call.path, {}, {}};
      return std::nullopt;
    case CallName::mlock:
    case CallName::mlockall:
    case CallName::mmap:
    case CallName::shmget:
    case CallName::memfd_create:
      return held(call);
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Topic topic) {
  return topic_names[static_cast<std::size_t>(topic)];
}

int mission_question(Topic topic) {
  return topic_questions[static_cast<std::size_t>(topic)];
}

std::optional<Question> classify(const Call& call, const std::vector<Frame>& stack) {
  auto question = raw_question(call);
  if (!question) return std::nullopt;
  question->asker = "unknown";
  const auto end = library_end(stack);
  for (std::size_t i = 0; i < end && question->noise.empty(); ++i) {
    question->noise = libc_noise(call, stack[i].symbol);
  }
  if (end < stack.size()) {
    question->asker = asker(stack, end);
    if (question->noise.empty()) question->noise = library_noise(stack[end], question->topic);
  }
  // Without a stack only the shape of the call tells it: the 32 bytes are pthread_getattr_np()'s own.
  constexpr std::uint64_t getattr_mask_bytes = 32;
  if (stack.empty() && call.name == CallName::getaffinity && call.own_thread_id &&
      call.length == getattr_mask_bytes) {
    question->noise = "stack bounds of a thread";
  }
  return question;
}

}  // namespace dynascale::check
