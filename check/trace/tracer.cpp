#include "check/trace/tracer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <unordered_map>

#include "check/trace/call_reader.hpp"
#include "check/trace/launch.hpp"
#include "check/trace/signal_inbox.hpp"
#include "check/trace/stack_walker.hpp"
#include "check/trace/task_memory.hpp"

namespace dynascale::check {
namespace {

using std::chrono::steady_clock;

constexpr std::uint64_t most_walks = 20'000;        ///< Stacks walked in one trace.
constexpr auto patience = std::chrono::seconds{5};  ///< From SIGTERM to SIGKILL, from SIGKILL to giving up.

const std::vector<int> passed_on{SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2};

bool means_reload(int signal) {
  return signal == SIGHUP || signal == SIGUSR1 || signal == SIGUSR2;
}

long request(enum __ptrace_request what, int task, std::uint64_t data) {
  return ::ptrace(what, task, nullptr, data);
}

class Tracer {
 public:
  explicit Tracer(const TraceOptions& options) : options_{options}, phases_{options.rules} {}

  Result<Trace> run();

 private:
  enum class Ending : std::uint8_t { no, asked, killed, abandoned };

  Status start();
  void drain_stops();
  void on_stop(int task, int status);
  void on_event(int task, int event, int status);
  void on_signal_stop(int task, int signal);
  void on_call(int task);
  void on_end(int task, int status);
  void check_time();
  void pass_signals();
  void kill_all();
  [[nodiscard]] int process(int task);
  [[nodiscard]] TraceTime elapsed() const {
    return std::chrono::duration_cast<TraceTime>(steady_clock::now() - began_);
  }

  const TraceOptions& options_;
  SignalInbox inbox_{[] {
    auto all = passed_on;
    all.push_back(SIGCHLD);
    return all;
  }()};
  PhaseClock phases_;
  StackWalker walker_;
  Launched child_;
  std::unordered_map<int, int> tasks_;  ///< Task to process; 0 until asked.
  std::uint64_t walks_ = 0;
  Ending ending_ = Ending::no;
  steady_clock::time_point began_ = steady_clock::now();
  steady_clock::time_point next_step_{};  ///< When `ending_` goes on.
  Trace trace_;
};

Status Tracer::start() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(Errc::io, fmt::format("pipe: {}", std::strerror(errno)));
  const UniqueFd go_read{ends[0]};
  UniqueFd go_write{ends[1]};
  auto program = build_filter(traced_calls(), SECCOMP_RET_TRACE);
  auto launched = launch(options_.argv, Input::inherited, [&]() -> int {
    go_write.reset();
    char go = 0;
    if (::read(go_read.get(), &go, 1) != 1) return ECANCELED;
    return install_filter(program, 0) == 0 ? 0 : errno;
  });
  if (!launched) return tl::unexpected{launched.error()};
  child_ = std::move(*launched);
  constexpr std::uint64_t events = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                                   PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
  if (request(PTRACE_SEIZE, child_.pid, events) != 0) {
    const auto error = fail(Errc::unsupported, fmt::format("cannot trace: ptrace: {}", std::strerror(errno)));
    go_write.reset();
    ::waitpid(child_.pid, nullptr, 0);
    return error;
  }
  tasks_[child_.pid] = child_.pid;
  trace_.end.processes = 1;
  static_cast<void>(!::write(go_write.get(), "g", 1));
  return {};
}

Result<Trace> Tracer::run() {
  if (auto started = start(); !started) return tl::unexpected{started.error()};
  while (!tasks_.empty() && ending_ != Ending::abandoned) {
    pollfd wait{inbox_.fd(), POLLIN, 0};
    ::poll(&wait, 1, 200);
    pass_signals();
    drain_stops();
    check_time();
  }
  if (auto outcome = launch_outcome(child_, options_.argv.front()); !outcome)
    return tl::unexpected{outcome.error()};
  trace_.end.length = elapsed();
  trace_.end.left_boot = trace_.end.left_boot || phases_.phase(elapsed()) != Phase::boot;
  return std::move(trace_);
}

void Tracer::pass_signals() {
  while (const auto signal = inbox_.next()) {
    if (signal->number != SIGCHLD && !signal->of_terminal) ::kill(child_.pid, signal->number);
  }
}

void Tracer::drain_stops() {
  // Bounded, so that a tree that never rests cannot keep the clock from being looked at.
  for (int i = 0; i < 1000; ++i) {
    int status = 0;
    const int task = ::waitpid(-1, &status, __WALL | WNOHANG);
    if (task < 0) tasks_.clear();
    if (task <= 0) return;
    if (WIFSTOPPED(status))
      on_stop(task, status);
    else
      on_end(task, status);
  }
}

void Tracer::on_end(int task, int status) {
  if (task == child_.pid) {
    trace_.end.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  walker_.forget(task);
  tasks_.erase(task);
}

void Tracer::on_stop(int task, int status) {
  if (tasks_.try_emplace(task, 0).second) ++trace_.end.processes;
  if (tasks_.size() > options_.most_tasks && ending_ < Ending::killed) {
    trace_.end.incomplete = fmt::format("more than {} tasks at once: all were killed", options_.most_tasks);
    kill_all();
  }
  if (ending_ == Ending::killed) ::kill(task, SIGKILL);
  if (const int event = status >> 16; event != 0)
    on_event(task, event, status);
  else
    on_signal_stop(task, WSTOPSIG(status));
}

void Tracer::on_signal_stop(int task, int signal) {
  if (means_reload(signal)) {
    if (phases_.phase(elapsed()) != Phase::boot) trace_.end.left_boot = true;
    phases_.signalled(elapsed());
  }
  request(PTRACE_CONT, task, static_cast<std::uint64_t>(signal));
}

void Tracer::on_event(int task, int event, int status) {
  if (event == PTRACE_EVENT_STOP) {
    const int signal = WSTOPSIG(status);
    const bool group_stop = signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
    request(group_stop ? PTRACE_LISTEN : PTRACE_CONT, task, 0);
    return;
  }
  if (event == PTRACE_EVENT_SECCOMP) on_call(task);
  if (event == PTRACE_EVENT_EXEC) walker_.forget(task);
  request(PTRACE_CONT, task, 0);
}

int Tracer::process(int task) {
  auto& known = tasks_[task];
  if (known == 0) known = process_of(task);
  return known;
}

void Tracer::on_call(int task) {
  __ptrace_syscall_info info{};
  if (::ptrace(PTRACE_GET_SYSCALL_INFO, task, sizeof info, &info) <= 0) return;
  const auto now = elapsed();
  if (is_listen(info.seccomp.nr)) return phases_.listened(now);
  std::uint64_t arguments[6];
  std::ranges::copy(info.seccomp.args, arguments);
  const auto call = read_call(task, info.seccomp.nr, arguments);
  if (!call) return;
  std::vector<Frame> stack;
  if (++walks_ <= most_walks) stack = walker_.walk(process(task), task);
  if (const auto question = classify(*call, stack)) trace_.history.add(*question, phases_.phase(now), now);
}

void Tracer::kill_all() {
  ending_ = Ending::killed;
  next_step_ = steady_clock::now() + patience;
  for (const auto& [task, process] : tasks_) ::kill(task, SIGKILL);
}

void Tracer::check_time() {
  const auto now = steady_clock::now();
  if (ending_ == Ending::no && options_.limit && elapsed() >= *options_.limit) {
    ending_ = Ending::asked;
    next_step_ = now + patience;
    ::kill(child_.pid, SIGTERM);
    ::kill(child_.pid, SIGCONT);
  } else if (ending_ == Ending::asked && now >= next_step_) {
    kill_all();
  } else if (ending_ == Ending::killed && now >= next_step_) {
    trace_.end.incomplete = "some tasks did not end when they were killed";
    ending_ = Ending::abandoned;
  }
}

}  // namespace

Result<Trace> trace(const TraceOptions& options) {
  return Tracer{options}.run();
}

}  // namespace dynascale::check
