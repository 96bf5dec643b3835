#include "check/drill/session.hpp"

#include <fmt/format.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <numeric>
#include <sstream>

#include "check/drill/descriptor_pass.hpp"

namespace dynascale::check {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto term_patience = 10s;
constexpr auto kill_patience = 10s;
constexpr auto helper_patience = 30s;
constexpr auto orphan_patience = 2s;  ///< For what a program leaves behind after its own end.

}  // namespace

Session::Session(const DrillOptions& options, const Machine& machine, Mover* mover)
    : options_{options}, machine_{machine}, mover_{mover}, inbox_{{SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT}} {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

Session::~Session() {
  stop();
}

Status Session::start() {
  ready_file_before_ = file_state(options_.ready_file);
  if (options_.live_pid != 0) {
    child_.pid = options_.live_pid;
    return alive() ? Status{} : fail(Errc::not_found, fmt::format("there is no process {}", child_.pid));
  }
  if (mover_ == nullptr) return start_watched();
  auto launched = launch(options_.argv, Input::none, [] { return 0; });
  if (!launched) return tl::unexpected{launched.error()};
  child_ = std::move(*launched);
  return until_running();
}

Status Session::start_watched() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return fail(Errc::io, fmt::format("socketpair: {}", std::strerror(errno)));
  }
  UniqueFd here{ends[0]};
  UniqueFd there{ends[1]};
  auto program = build_filter(answered_calls(), SECCOMP_RET_USER_NOTIF);
  auto launched = launch(options_.argv, Input::none, [&]() -> int {
    here.reset();
    const int listener = install_filter(program, SECCOMP_FILTER_FLAG_NEW_LISTENER);
    if (listener < 0) return errno;
    return send_descriptor(there.get(), listener) ? 0 : EPIPE;
  });
  if (!launched) return tl::unexpected{launched.error()};
  child_ = std::move(*launched);
  there.reset();
  auto listener = receive_descriptor(here.get());
  if (!listener.valid()) {
    const auto outcome = launch_outcome(child_, options_.argv.front());
    if (!outcome) return tl::unexpected{outcome.error()};
    return fail(Errc::io, "the program ended before it was watched");
  }
  responder_.emplace(std::move(listener), machine_, options_.most_tasks, [this] {
    const auto rows = tree();
    return std::accumulate(rows.begin(), rows.end(), std::size_t{0},
                           [](std::size_t sum, const ProcessRow& row) { return sum + row.threads; });
  });
  return until_running();
}

/// The pipe ends when exec worked; that may take answers, so it is waited for like everything else.
Status Session::until_running() {
  const auto settled = [&] {
    pollfd pipe{child_.failure.get(), POLLIN, 0};
    return ::poll(&pipe, 1, 0) == 1;
  };
  if (wait(settled, steady_clock::now() + options_.ready_limit) != Waited::done) {
    return fail(cancelled_ ? Errc::cancelled : Errc::timeout, "the program did not start in time");
  }
  return launch_outcome(child_, options_.argv.front());
}

Session::Waited Session::wait(const std::function<bool()>& done, Time deadline) {
  auto next_question = steady_clock::now();
  for (;;) {
    const auto now = steady_clock::now();
    if (now >= next_question) {
      if (done()) return Waited::done;
      if (now >= deadline) return Waited::timeout;
      next_question = steady_clock::now() + 100ms;
    }
    if (cancelled_ && !ending_now_) return Waited::cancelled;
    pollfd waits[2]{{inbox_.fd(), POLLIN, 0}, {responder_ ? responder_->fd() : -1, POLLIN, 0}};
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(next_question - steady_clock::now());
    ::poll(waits, 2, static_cast<int>(std::clamp<std::int64_t>(left.count() + 1, 0, 100)));
    // POLLHUP without POLLIN: no task uses the filter any more.
    if ((waits[1].revents & POLLIN) != 0)
      responder_->serve();
    else if (waits[1].revents != 0)
      ::poll(waits, 1, 20);
    reap();
  }
}

void Session::reap() {
  while (const auto signal = inbox_.next()) {
    if (signal->number != SIGCHLD) cancelled_ = true;
  }
  int status = 0;
  for (int pid = ::waitpid(-1, &status, WNOHANG); pid > 0; pid = ::waitpid(-1, &status, WNOHANG)) {
    if (pid == child_.pid) status_ = status;
    if (pid == helper_) helper_status_ = status;
  }
}

std::vector<ProcessRow> Session::tree() const {
  const auto rows = list_rows();
  if (options_.live_pid == 0) return descendants(rows, ::getpid(), helper_);
  auto found = descendants(rows, options_.live_pid, helper_);
  for (const auto& row : rows)
    if (row.pid == options_.live_pid && row.state != 'Z') found.push_back(row);
  return found;
}

std::string Session::ending() const {
  if (!status_) return "the program ended";
  if (WIFSIGNALED(*status_)) return fmt::format("the program was killed by signal {}", WTERMSIG(*status_));
  return fmt::format("the program ended with exit code {}", WEXITSTATUS(*status_));
}

Status Session::until_ready() {
  const auto ready = [&] {
    if (!alive() || options_.live_pid != 0) return true;
    if (options_.ready_port && !accepts(*options_.ready_port)) return false;
    if (options_.ready_file.empty()) return true;
    const auto now = file_state(options_.ready_file);
    return now != FileState{} && now != ready_file_before_;
  };
  switch (wait(ready, steady_clock::now() + options_.ready_limit)) {
    case Waited::timeout:
      return fail(Errc::timeout,
                  fmt::format("the program was not ready after {} s", options_.ready_limit.count() / 1000));
    case Waited::cancelled:
      return fail(Errc::cancelled, "interrupted");
    case Waited::done:
      break;
  }
  if (!alive()) return fail(Errc::unavailable, ending() + " before it was ready");
  return {};
}

Status Session::become(const Machine& machine) {
  machine_ = machine;
  if (mover_ == nullptr) {
    responder_->become(machine);
    return {};
  }
  std::vector<int> pids;
  for (const auto& row : tree()) pids.push_back(row.pid);
  if (auto begun = mover_->begin(machine, pids); !begun) return begun;
  switch (wait([&] { return mover_->arrived(); }, steady_clock::now() + options_.move_limit)) {
    case Waited::timeout:
      return fail(Errc::timeout, fmt::format("{}: {} CPUs did not come within {} s", mover_->name(), machine.cpus,
                                             options_.move_limit.count() / 1000));
    case Waited::cancelled:
      return fail(Errc::cancelled, "interrupted");
    case Waited::done:
      break;
  }
  return {};
}

Status Session::reload() {
  if (!alive()) return fail(Errc::unavailable, ending());
  if (options_.reload_signal != 0) signal_all(options_.reload_signal);
  if (options_.reload_command.empty()) return {};
  auto done = run_helper(options_.reload_command);
  if (!done) return tl::unexpected{done.error()};
  return {};
}

Result<Observation> Session::look() {
  auto rested_since = steady_clock::now();
  Pools last;
  const auto rests = [&] {
    const auto rows = tree();
    auto pools = pools_of(rows);
    const auto now = steady_clock::now();
    // On a busy machine a server may be half way through a reload and only waiting for its turn.
    const bool works = std::ranges::any_of(rows, [](const ProcessRow& row) { return row.state == 'R'; });
    if (works || pools != last) rested_since = now;
    last = std::move(pools);
    return now - rested_since >= options_.settle;
  };
  // A program that never rests is looked at as it is.
  if (wait(rests, steady_clock::now() + 10 * options_.settle) == Waited::cancelled) {
    return fail(Errc::cancelled, "interrupted");
  }
  // Somebody else may resize it meanwhile: then nothing that is seen says anything.
  if (mover_ != nullptr && !mover_->arrived())
    return fail(Errc::unverified, fmt::format("the machine did not stay at {} CPUs during the drill", machine_.cpus));
  Observation seen;
  const auto rows = tree();
  seen.pools = pools_of(rows);
  for (const auto& row : rows) seen.rss_bytes += row.rss_pages * static_cast<std::uint64_t>(::getpagesize());
  seen.alive = !rows.empty();
  if (options_.ready_port) seen.accepts = accepts(*options_.ready_port);
  const auto questions = responder_ ? responder_->questions() : 0;
  seen.questions = questions - questions_before_;
  if (seen.alive && !options_.probe_command.empty()) {
    auto output = run_helper(options_.probe_command);
    if (!output) return tl::unexpected{output.error()};
    std::istringstream lines{*output};
    for (std::string line; std::getline(lines, line) && seen.probe.size() < 100;) {
      const auto blank = line.find(' ');
      if (blank != std::string::npos) seen.probe[line.substr(0, blank)] = line.substr(blank + 1);
    }
  }
  questions_before_ = questions;
  return seen;
}

Result<std::string> Session::run_helper(const std::string& command) {
  const UniqueFd output{::memfd_create("output", MFD_CLOEXEC)};
  const auto pid = std::to_string(child_.pid);
  auto helper = launch({"/bin/sh", "-c", command}, Input::none, [&] {
    ::setenv("DRILL_PID", pid.c_str(), 1);
    return ::dup2(output.get(), STDOUT_FILENO) < 0 ? errno : 0;
  });
  if (!helper) return tl::unexpected{helper.error()};
  helper_ = helper->pid;
  helper_status_.reset();
  const auto waited = wait([&] { return helper_status_.has_value(); }, steady_clock::now() + helper_patience);
  if (waited != Waited::done) {
    ::kill(-helper_, SIGKILL);
    return fail(waited == Waited::cancelled ? Errc::cancelled : Errc::timeout,
                fmt::format("'{}' did not end in time", command));
  }
  helper_ = -1;
  if (*helper_status_ != 0) {
    return fail(Errc::refused, fmt::format("'{}' failed (status {})", command, WEXITSTATUS(*helper_status_)));
  }
  std::string text(64 * 1024, '\0');
  const auto size = ::pread(output.get(), text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

/// To the program itself; to what it left when it put itself into the background.
void Session::signal_all(int signal) const {
  if (!status_) {
    ::kill(child_.pid, signal);
    return;
  }
  for (const auto& row : tree()) {
    if (row.parent == ::getpid() && row.pid != helper_) ::kill(row.pid, signal);
  }
}

void Session::stop() {
  ending_now_ = true;
  if (helper_ > 0) ::kill(-helper_, SIGKILL);
  helper_ = -1;
  if (child_.pid < 0 || options_.live_pid != 0) return;
  signal_all(SIGTERM);
  signal_all(SIGCONT);
  std::optional<Time> orphaned;
  const auto gone = [&] {
    if (status_ && !orphaned) orphaned = steady_clock::now();
    return !alive() || (orphaned && steady_clock::now() - *orphaned > orphan_patience);
  };
  static_cast<void>(wait(gone, steady_clock::now() + term_patience));
  if (responder_) responder_->deny_tasks();
  const auto killed = [&] {
    const auto rows = tree();
    for (const auto& row : rows) ::kill(row.pid, SIGKILL);
    return rows.empty();
  };
  static_cast<void>(wait(killed, steady_clock::now() + kill_patience));
  reap();
}

}  // namespace dynascale::check
