#include "http_load.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "runtime/unique_fd.hpp"

namespace dynascale::testing {
namespace {

std::string system_failure(const char* action) {
  return std::string{action} + ": " + std::generic_category().message(errno);
}

}  // namespace

std::string http_get(const std::string& socket, const std::string& target) {
  const UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket.c_str(), sizeof address.sun_path - 1);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return system_failure("connect");
  const auto request = "GET " + target + " HTTP/1.0\r\nHost: test\r\n\r\n";
  if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
    return system_failure("send");
  std::string answer;
  std::array<char, 4096> block{};
  for (;;) {
    const auto count = ::recv(fd.get(), block.data(), block.size(), 0);
    if (count < 0) return system_failure("receive");
    if (count == 0) break;
    answer.append(block.data(), static_cast<std::size_t>(count));
  }
  const bool whole = answer.starts_with("HTTP/1.0 200") || answer.starts_with("HTTP/1.1 200");
  return whole && answer.ends_with("done") ? "" : "answer: '" + answer.substr(0, 200) + "'";
}

HttpLoad::HttpLoad(std::string socket, std::string target, int clients)
    : socket_{std::move(socket)}, target_{std::move(target)} {
  for (int client = 0; client < clients; ++client)
    clients_.emplace_back([this](const std::stop_token& stop) { run(stop); });
}

void HttpLoad::stop() {
  for (auto& client : clients_) client.request_stop();
  clients_.clear();
}

std::string HttpLoad::first_failure() const {
  const std::scoped_lock guard{lock_};
  return first_failure_;
}

void HttpLoad::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto failure = http_get(socket_, target_);
    if (failure.empty()) {
      ++answered_;
      continue;
    }
    ++failed_;
    const std::scoped_lock guard{lock_};
    if (first_failure_.empty()) first_failure_ = failure;
  }
}

}  // namespace dynascale::testing
