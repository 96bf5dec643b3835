#pragma once
/// Starts real servers for a test: in a temporary folder, as an unprivileged user when the test is root, and
/// always stopped and removed at the end.

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/adapter.hpp"
#include "runtime/command.hpp"

namespace dynascale::testing {

/// The user that servers run as: this one, or nobody when this one is root.
[[nodiscard]] Identity server_user();
[[nodiscard]] std::string server_user_name();

/// The root folder of another system, as tests/matrix unpacks it, whose servers are tested in place of this
/// machine's: DYNASCALE_TEST_ROOT. Empty for this machine's.
[[nodiscard]] std::string system_under_test();

/// Where a program comes from. In `system_under_test` it sees that system as its own, with this machine's
/// /proc, /dev and /tmp, in a mount namespace that ends with it; that needs root.
enum class System { under_test, this_machine };

/// A folder that belongs to `server_user`.
class ServerFolder {
 public:
  ServerFolder();
  ServerFolder(const ServerFolder&) = delete;
  ServerFolder& operator=(const ServerFolder&) = delete;
  ~ServerFolder();
  void write(std::string_view name, std::string_view content) const;
  [[nodiscard]] std::string path(std::string_view name = {}) const;

 private:
  std::filesystem::path path_;
};

/// A server process; ended with `stop_signal`, and with SIGKILL after ten seconds. The kernel ends it with
/// the test.
class Server {
 public:
  struct Setting {
    System system = System::under_test;
    std::vector<std::string> environment = {};  ///< "NAME=value", beside PATH, LC_ALL and HOME.
  };
  Server(std::vector<std::string> argv, const ServerFolder& folder, int stop_signal)
      : Server{std::move(argv), folder, stop_signal, Setting{}} {}
  Server(std::vector<std::string> argv, const ServerFolder& folder, int stop_signal, const Setting& setting);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running();
  void stop();
  /// What the server wrote so far, for failure messages.
  [[nodiscard]] std::string log() const;

 private:
  std::string log_file_;
  int stop_signal_;
  pid_t pid_ = -1;
};

/// A TCP port on the loopback address that nobody listens on now.
[[nodiscard]] std::uint16_t free_port();

/// Runs a preparation step to its end, in `system_under_test`; its output when it fails, else empty.
[[nodiscard]] std::string run_step(std::vector<std::string> argv, const ServerFolder& folder);

/// Waits until `condition` holds; false after `limit`, generous because the machine may be busy.
[[nodiscard]] bool eventually(const std::function<bool()>& condition,
                              std::chrono::seconds limit = std::chrono::seconds{60});

/// The one instance of `adapter` whose main process is `pid`.
[[nodiscard]] std::optional<Instance> find_instance(const Adapter& adapter, pid_t pid);

[[nodiscard]] CallLimits limits_of(const Clock& clock, std::chrono::seconds limit = std::chrono::seconds{60});

}  // namespace dynascale::testing
