#include "check/drill/process_tree.hpp"

#include <dirent.h>
#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>

namespace dynascale::check {

ProcessRow parse_process_row(std::string_view stat) {
  ProcessRow row;
  const auto open = stat.find('(');
  const auto close = stat.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return {};
  row.pid = std::atoi(std::string{stat.substr(0, open)}.c_str());
  // From field 3 on: state, ppid, … num_threads (20), … rss (24).
  std::istringstream fields{std::string{stat.substr(close + 1)}};
  fields >> row.state >> row.parent;
  std::array<std::string, 20> values;  // Fields 5 to 24.
  for (auto& value : values) fields >> value;
  if (!fields) return {};
  row.name = stat.substr(open + 1, close - open - 1);
  row.threads = static_cast<std::uint32_t>(std::strtoul(values[15].c_str(), nullptr, 10));
  row.rss_pages = std::strtoull(values[19].c_str(), nullptr, 10);
  return row;
}

std::vector<ProcessRow> descendants(const std::vector<ProcessRow>& rows, int ancestor, int except) {
  std::multimap<int, const ProcessRow*> children;
  for (const auto& row : rows) children.emplace(row.parent, &row);
  std::vector<ProcessRow> found;
  std::vector<int> open{ancestor};
  std::set<int> seen{ancestor, except};
  while (!open.empty()) {
    const int parent = open.back();
    open.pop_back();
    for (auto [at, end] = children.equal_range(parent); at != end; ++at) {
      if (!seen.insert(at->second->pid).second) continue;
      open.push_back(at->second->pid);
      if (at->second->state != 'Z' && at->second->state != 'X') found.push_back(*at->second);
    }
  }
  return found;
}

std::vector<ProcessRow> list_rows() {
  std::vector<ProcessRow> rows;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder{::opendir("/proc"), ::closedir};
  if (!folder) return rows;
  while (const auto* entry = ::readdir(folder.get())) {
    if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
    std::ifstream file{fmt::format("/proc/{}/stat", entry->d_name)};
    std::string line;
    std::getline(file, line, '\0');  // A name may hold a line break.
    if (auto row = parse_process_row(line); row.pid > 0 && row.threads > 0) rows.push_back(std::move(row));
  }
  return rows;
}

Pools pools_of(const std::vector<ProcessRow>& rows) {
  Pools pools;
  for (const auto& row : rows) {
    auto& pool = pools[row.name];
    ++pool.processes;
    pool.threads += row.threads;
  }
  return pools;
}

}  // namespace dynascale::check
