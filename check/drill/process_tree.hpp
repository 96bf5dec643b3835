#pragma once
/// The processes that came from this one: how many, of which name, with how many threads.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace dynascale::check {

struct ProcessRow {
  int pid = 0;
  int parent = 0;
  std::string name;  ///< comm
  char state = '?';
  std::uint32_t threads = 0;
  std::uint64_t rss_pages = 0;
};

/// A line of /proc/PID/stat; an empty name for one that is broken. Pure.
[[nodiscard]] ProcessRow parse_process_row(std::string_view stat);

/// Those of `rows` that descend from `ancestor`, zombies and the branch of `except` left out. Pure.
[[nodiscard]] std::vector<ProcessRow> descendants(const std::vector<ProcessRow>& rows, int ancestor,
                                                  int except);

/// All processes now. One that ends while it is read is left out.
[[nodiscard]] std::vector<ProcessRow> list_rows();

/// One name's processes and their threads.
struct Pool {
  std::uint64_t processes = 0;
  std::uint64_t threads = 0;
  bool operator==(const Pool&) const = default;
};
using Pools = std::map<std::string, Pool>;
[[nodiscard]] Pools pools_of(const std::vector<ProcessRow>& rows);

}  // namespace dynascale::check
