#include "check/trace/task_memory.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace dynascale::check {

TaskMemory::TaskMemory(int task, Access access)
    : memory_{::open(fmt::format("/proc/{}/mem", task).c_str(),
                     (access == Access::write ? O_RDWR : O_RDONLY) | O_CLOEXEC)} {}

std::string TaskMemory::read(std::uint64_t address, std::size_t size) const {
  std::string out(size, '\0');
  const auto got = ::pread(memory_.get(), out.data(), size, static_cast<off_t>(address));
  out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return out;
}

std::optional<std::string> TaskMemory::read_path(std::uint64_t address) const {
  constexpr std::uint64_t page = 4096;
  std::string out;
  while (out.size() < PATH_MAX) {
    const auto part = read(address + out.size(), page - (address + out.size()) % page);
    if (part.empty()) return std::nullopt;
    const auto end = part.find('\0');
    out += part.substr(0, end);
    if (end != std::string::npos) return out;
  }
  return std::nullopt;
}

bool TaskMemory::write(std::uint64_t address, const void* data, std::size_t size) const {
  return ::pwrite(memory_.get(), data, size, static_cast<off_t>(address)) == static_cast<ssize_t>(size);
}

std::string absolute_path(int task, int directory, const std::string& path) {
  if (path.starts_with('/')) return path;
  const auto link = directory == AT_FDCWD ? fmt::format("/proc/{}/cwd", task)
                                          : fmt::format("/proc/{}/fd/{}", task, directory);
  char folder[PATH_MAX];
  const auto length = ::readlink(link.c_str(), folder, sizeof folder);
  if (length <= 0 || folder[0] != '/') return path;
  const std::string base{folder, static_cast<std::size_t>(length)};
  return base == "/" ? "/" + path : base + "/" + path;
}

int process_of(int task) {
  std::ifstream status{fmt::format("/proc/{}/status", task)};
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Tgid:")) return std::atoi(line.c_str() + 5);
  }
  return task;
}

}  // namespace dynascale::check
