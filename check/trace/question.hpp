#pragma once
/// From a system call and the stack that led to it to the question that the program asked. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dynascale::check {

enum class CallName : std::uint8_t {
  getaffinity,
  setaffinity,
  sysinfo,
  open,
  mlock,
  mlockall,
  mmap,
  shmget,
  memfd_create,
  memory_policy,  ///< mbind, set_mempolicy
};

/// A system call at its entry.
struct Call {
  CallName name = CallName::open;
  std::string path = {};       ///< Of `open`, absolute.
  std::uint64_t length = 0;    ///< Bytes of the mask, of the mapping, of the locked range.
  std::uint64_t flags = 0;     ///< Of mmap, shmget, memfd_create.
  bool own_thread_id = false;  ///< getaffinity names the thread by its id, not by 0.
  bool anonymous = true;       ///< mmap without a file.
  bool narrows = true;         ///< setaffinity leaves out a CPU of the machine.
};

/// One return address: `module` is a file name without its folder, `symbol` may be empty.
struct Frame {
  std::string module;
  std::string symbol;
};

enum class Topic : std::uint8_t {
  cpus,
  cpu_limit,
  topology,
  memory,
  memory_limit,
  pinning,
  numa,
  held_memory
};
inline constexpr std::size_t topic_count = 8;

[[nodiscard]] std::string_view to_string(Topic topic);
/// Which of the mission's questions (1 CPU count, 2 pinning, 3 memory constant, 4 memory held) it belongs to.
[[nodiscard]] int mission_question(Topic topic);

struct Question {
  Topic topic = Topic::cpus;
  std::string what;   ///< "reads /proc/meminfo", "sched_getaffinity".
  std::string asker;  ///< "python3.11: os_cpu_count"; "unknown" when the stack could not be walked.
  std::string noise;  ///< Why it is no question of the program's own; empty when it is one.

  auto operator<=>(const Question&) const = default;
};

/// Memory held below this is nobody's concern.
inline constexpr std::uint64_t least_held_bytes = std::uint64_t{16} << 20;

/// `stack` is innermost first. Nothing for a call that asks and holds nothing.
[[nodiscard]] std::optional<Question> classify(const Call& call, const std::vector<Frame>& stack);

}  // namespace dynascale::check
