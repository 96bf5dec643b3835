#pragma once
/// Clients that request without a pause over a Unix socket and count what failed.

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace dynascale::testing {

class HttpLoad {
 public:
  HttpLoad(std::string socket, std::string target, int clients);
  HttpLoad(const HttpLoad&) = delete;
  HttpLoad& operator=(const HttpLoad&) = delete;
  ~HttpLoad() { stop(); }
  void stop();
  [[nodiscard]] long answered() const { return answered_; }
  [[nodiscard]] long failed() const { return failed_; }
  [[nodiscard]] std::string first_failure() const;

 private:
  void run(const std::stop_token& stop);
  std::string socket_;
  std::string target_;
  std::atomic<long> answered_ = 0;
  std::atomic<long> failed_ = 0;
  mutable std::mutex lock_;
  std::string first_failure_;
  std::vector<std::jthread> clients_;
};

/// One request; empty when it was answered with 200, else what went wrong.
[[nodiscard]] std::string http_get(const std::string& socket, const std::string& target);

}  // namespace dynascale::testing
