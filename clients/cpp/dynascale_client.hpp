#pragma once
/// A client of dynascale-agent's socket in one header, C++17, Linux: an application registers, is told its budget and
/// answers. docs/agent-socket.md describes the lines.
///
///     dynascale_client::Agent agent;
///     if (!agent.connect("crawler", 4)) …;                 // sized for four vCPUs now
///     while (auto budget = agent.next()) {                  // blocks; nothing at the end
///       pool.resize(budget->value);
///       agent.applied(*budget);
///     }
///
/// One thread at a time.

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

namespace dynascale_client {

/// What the application may use from now on.
struct Budget {
  std::string id;
  bool memory = false;   ///< `value` is bytes, else vCPUs.
  long long value = 0;
  long long deadline_ms = 0;
};

class Agent {
 public:
  Agent() = default;
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  ~Agent() { close(); }

  /// Registers as `name` (letters, digits, '-', '_', '.'), sized for `vcpus` now. False with `error()` set otherwise.
  bool connect(const std::string& name, long long vcpus, const std::string& path = "/run/dynascale/agent.sock") {
    close();
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return failed("the path of the socket is too long");
    std::memcpy(address.sun_path, path.c_str(), path.size());
    if (fd_ < 0 || ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      return failed(std::strerror(errno));
    write("{\"type\":\"register\",\"name\":\"" + name + "\",\"vcpus\":" + std::to_string(vcpus) + "}\n");
    const auto answer = line();
    return answer.find("\"type\":\"welcome\"") != std::string::npos || failed(answer.c_str());
  }
  /// The next budget; nothing when the agent is gone.
  std::optional<Budget> next() {
    for (auto text = line(); !text.empty(); text = line()) {
      if (text.find("\"type\":\"budget\"") == std::string::npos) continue;
      Budget budget;
      budget.id = number(text, "id");
      budget.memory = text.find("\"memory_bytes\":") != std::string::npos;
      budget.value = std::atoll(number(text, budget.memory ? "memory_bytes" : "vcpus").c_str());
      budget.deadline_ms = std::atoll(number(text, "deadline_ms").c_str());
      return budget;
    }
    return std::nullopt;
  }
  void applied(const Budget& budget) {
    write("{\"type\":\"applied\",\"id\":" + budget.id + ",\"value\":" + std::to_string(budget.value) + "}\n");
  }
  /// `reason` without quotes, backslashes and control characters.
  void refused(const Budget& budget, const std::string& reason) {
    write("{\"type\":\"refused\",\"id\":" + budget.id + ",\"reason\":\"" + reason + "\"}\n");
  }
  /// A figure of its own, as "queue_length", for the host's policy; from 0 on.
  void tell(const std::string& figure, double value) {
    char number[32];
    std::snprintf(number, sizeof number, "%.9g", value);
    for (char& c : number)
      if (c == ',') c = '.';  // Of the locale.
    write("{\"type\":\"metrics\",\"values\":{\"" + figure + "\":" + number + "}}\n");
  }
  const std::string& error() const { return error_; }
  /// Ends `next` in another thread; the one exception to the rule of one thread.
  void hang_up() { ::shutdown(fd_, SHUT_RDWR); }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    buffer_.clear();
  }

 private:
  bool failed(const char* why) {
    error_ = why;
    close();
    return false;
  }
  void write(const std::string& text) {
    for (std::size_t sent = 0; sent < text.size();) {
      const auto count = ::send(fd_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) return;
      sent += static_cast<std::size_t>(count);
    }
  }
  /// Without its newline; empty at the end.
  std::string line() {
    for (;;) {
      const auto newline = buffer_.find('\n');
      if (newline != std::string::npos) {
        auto text = buffer_.substr(0, newline);
        buffer_.erase(0, newline + 1);
        return text;
      }
      char block[4096];
      const auto count = ::recv(fd_, block, sizeof block, 0);
      if (count <= 0) return {};
      buffer_.append(block, static_cast<std::size_t>(count));
    }
  }
  /// The agent writes whole numbers without blanks.
  static std::string number(const std::string& text, const std::string& key) {
    const auto at = text.find('"' + key + "\":");
    if (at == std::string::npos) return "0";
    const auto from = at + key.size() + 3;
    return text.substr(from, text.find_first_not_of("0123456789", from) - from);
  }

  int fd_ = -1;
  std::string buffer_;
  std::string error_;
};

}  // namespace dynascale_client
