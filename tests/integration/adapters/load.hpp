#pragma once
/// Clients that ask without a pause and count what failed.

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace dynascale::testing {

class Load {
 public:
  /// One request; empty when it was answered as expected, else what went wrong.
  using Request = std::function<std::string()>;
  /// Called once for each client, in its thread: it makes the client's own connection.
  using MakeClient = std::function<Request(int client)>;

  Load(int clients, MakeClient make);
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  ~Load() { stop(); }
  void stop();
  [[nodiscard]] long answered() const { return answered_; }
  [[nodiscard]] long failed() const { return failed_; }
  [[nodiscard]] std::string first_failure() const;

 private:
  void run(const std::stop_token& stop, const Request& request);
  std::atomic<long> answered_ = 0;
  std::atomic<long> failed_ = 0;
  mutable std::mutex lock_;
  std::string first_failure_;
  std::vector<std::jthread> clients_;
};

}  // namespace dynascale::testing
