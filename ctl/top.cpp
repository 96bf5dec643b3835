#include "ctl/top.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>

#include "ctl/daemon_client.hpp"
#include "ctl/daemon_options.hpp"
#include "runtime/unique_fd.hpp"

namespace dynascale::ctl {
namespace {

struct TopOptions : Options {
  double interval_s = 1;
};

/// The terminal while `top` has it: another screen, no cursor, keys at once. Everything is put back at the end.
class Terminal {
 public:
  Terminal() {
    ::tcgetattr(STDIN_FILENO, &before_);
    auto raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    fmt::print("\x1b[?1049h\x1b[?25l");
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    fmt::print("\x1b[?25h\x1b[?1049l");
    std::fflush(stdout);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  [[nodiscard]] static Screen size() {
    winsize window{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0) return {};
    return {window.ws_col, window.ws_row};
  }
  static void show(const std::string& text) {
    std::string out = "\x1b[H";
    for (const char letter : text) out += letter == '\n' ? std::string{"\x1b[K\n"} : std::string{letter};
    fmt::print("{}\x1b[K\x1b[J", out);
    std::fflush(stdout);
  }

 private:
  termios before_{};
};

enum class Next { refresh, end };

/// Until the interval is over, the window changes its size, or somebody wants to leave.
Next wait(int signals, std::chrono::milliseconds interval) {
  std::array<pollfd, 2> events{pollfd{STDIN_FILENO, POLLIN, 0}, pollfd{signals, POLLIN, 0}};
  if (::poll(events.data(), events.size(), static_cast<int>(interval.count())) <= 0) return Next::refresh;
  if ((events[1].revents & POLLIN) != 0) {
    signalfd_siginfo what{};
    const bool read = ::read(signals, &what, sizeof what) == ssize_t{sizeof what};
    return read && what.ssi_signo == SIGWINCH ? Next::refresh : Next::end;
  }
  char key = 'q';
  const bool read = ::read(STDIN_FILENO, &key, 1) == 1;
  return read && key != 'q' && key != 'Q' ? Next::refresh : Next::end;
}

void run_live(const TopOptions& options) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGWINCH}) sigaddset(&set, signal);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  const UniqueFd signals{::signalfd(-1, &set, SFD_CLOEXEC)};
  const auto interval = std::chrono::milliseconds{static_cast<std::int64_t>(options.interval_s * 1000)};
  const Terminal terminal;
  do {
    const auto reply = ask_daemon(options.socket, "GET", "/v1/status");
    Terminal::show(reply ? top_text(*reply, Terminal::size()) : reply.error().what + "\nq ends");
  } while (wait(signals.get(), interval) == Next::refresh);
}

}  // namespace

void add_top(CLI::App& app, ExitStatus& status) {
  const auto options = std::make_shared<TopOptions>();
  auto* command = app.add_subcommand("top", "Shows all guests live, those that wait or change first; q ends");
  command->add_option("--interval", options->interval_s, "Seconds between two looks")
      ->check(CLI::Range(0.2, 3600.0))
      ->capture_default_str();
  add_common(*command, options);
  command->callback([options, &status] {
    const bool live = !options->as_json && ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
    if (live) return run_live(*options);
    const auto all = [](const boost::json::object& reply) { return top_text(reply, {200, 100'000}); };
    print(ask_daemon(options->socket, "GET", "/v1/status"), *options, status, all);
  });
}

}  // namespace dynascale::ctl
