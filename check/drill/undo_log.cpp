#include "check/drill/undo_log.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <sstream>
#include <thread>
#include <vector>

#include "runtime/files.hpp"

namespace dynascale::check {
namespace {

using namespace std::chrono_literals;

constexpr char writing = 'w';
constexpr char releasing = 'r';
constexpr auto patience = 10s;

struct Step {
  char kind = 0;
  std::string path;
  std::string value;
};

/// Each step is a letter and two texts that end with a zero byte.
std::vector<Step> parse_steps(const std::string& text) {
  std::vector<Step> steps;
  for (std::size_t at = 0; at < text.size();) {
    const auto first = text.find('\0', at);
    const auto second = first == std::string::npos ? first : text.find('\0', first + 1);
    if (second == std::string::npos) break;  // Cut off: its effect never came.
    steps.push_back({text[at], text.substr(at + 1, first - at - 1), text.substr(first + 1, second - first - 1)});
    at = second + 1;
  }
  return steps;
}

/// A process that forks meanwhile leaves a child behind, so it is done until nothing is left.
Status release_group(const Files& files, const std::string& folder, const std::string& home) {
  const auto end = std::chrono::steady_clock::now() + patience;
  for (;;) {
    std::istringstream pids{files.read(folder + "/cgroup.procs").value_or("")};
    for (std::string pid; std::getline(pids, pid);)
      static_cast<void>(files.write_attribute(home + "/cgroup.procs", pid));
    if (::rmdir(folder.c_str()) == 0 || errno == ENOENT) return {};
    if (std::chrono::steady_clock::now() > end)
      return fail(Errc::unverified, fmt::format("the control group {} cannot be removed: {}", folder,
                                                std::strerror(errno)));
    std::this_thread::sleep_for(20ms);
  }
}

std::string undo_steps(const std::vector<Step>& steps) {
  const Files files{"/"};
  std::string left;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    const auto done = step->kind == releasing ? release_group(files, step->path, step->value)
                                              : files.write_attribute(step->path, step->value);
    if (!done && done.error().code != Errc::not_found) left += done.error().what + "\n";
  }
  return left;
}

/// The second process: out of reach of the terminal's signals, it ends when its work is done.
[[noreturn]] void keep(int pipe) {
  ::setsid();
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) ::signal(number, SIG_IGN);
  std::string text;
  std::array<char, 4096> block{};
  for (;;) {
    const auto count = ::read(pipe, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    text.append(block.data(), static_cast<std::size_t>(count));
  }
  const auto left = undo_steps(parse_steps(text));
  if (!left.empty()) static_cast<void>(!::write(pipe, left.data(), left.size()));
  ::_exit(0);
}

}  // namespace

Result<UndoLog> UndoLog::start() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return fail(Errc::io, fmt::format("socketpair: {}", std::strerror(errno)));
  UniqueFd here{ends[0]};
  const UniqueFd there{ends[1]};
  const int pid = ::fork();
  if (pid < 0) return fail(Errc::io, fmt::format("fork: {}", std::strerror(errno)));
  if (pid == 0) {
    here.reset();
    keep(there.get());
  }
  return UndoLog{std::move(here)};
}

Status UndoLog::note(char kind, const std::string& path, const std::string& value) {
  const auto text = kind + path + '\0' + value + '\0';
  if (::send(pipe_.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size())) return {};
  return fail(Errc::io, "the process that undoes the drill is gone, so nothing is changed");
}

Status UndoLog::write(const std::string& path, const std::string& value) {
  return note(writing, path, value);
}

Status UndoLog::release(const std::string& folder, const std::string& home) {
  return note(releasing, folder, home);
}

Status UndoLog::undo() {
  if (!pipe_.valid()) return {};
  ::shutdown(pipe_.get(), SHUT_WR);
  std::string left;
  std::array<char, 4096> block{};
  for (;;) {
    const auto count = ::read(pipe_.get(), block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    left.append(block.data(), static_cast<std::size_t>(count));
  }
  pipe_.reset();
  if (left.empty()) return {};
  return fail(Errc::unverified, left.substr(0, left.size() - 1));
}

}  // namespace dynascale::check
