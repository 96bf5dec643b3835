#pragma once
/// The agent's Unix socket: applications register and answer, anybody allowed asks for more. Every peer is known by its
/// credentials; connections, lines and queues are bounded. One loop thread.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "agent/registry.hpp"
#include "runtime/log.hpp"
#include "runtime/task_group.hpp"
#include "runtime/unix_listener.hpp"

namespace dynascale::agent {

class LocalSocket {
 public:
  /// Answers a request with a line, `by` being who asks.
  using Ask = std::function<Result<Accepted>(const std::string& by, const RequestCall& call)>;
  /// An application came or went.
  using Changed = std::function<void()>;
  /// Figures that the connection `source` tells, `by` being who; and its end.
  using Tell = std::function<Status(const std::string& source, const std::string& by, const MetricsCall& call)>;
  using Gone = std::function<void(const std::string& source)>;
  void on_metrics(Tell tell, Gone gone) {
    tell_ = std::move(tell);
    gone_ = std::move(gone);
  }

  /// `users` may speak beside root and this process's own user. Errors: those of `listen_at`.
  [[nodiscard]] static Result<std::unique_ptr<LocalSocket>> open(boost::asio::any_io_executor executor,
                                                                 const std::filesystem::path& path,
                                                                 std::set<uid_t> users,
                                                                 std::shared_ptr<Registry> registry, Ask ask,
                                                                 Changed changed, Log& log);
  LocalSocket(boost::asio::local::stream_protocol::acceptor acceptor, std::filesystem::path path,
              std::set<uid_t> users, std::shared_ptr<Registry> registry, Ask ask, Changed changed, Log& log);
  ~LocalSocket();
  LocalSocket(const LocalSocket&) = delete;
  LocalSocket& operator=(const LocalSocket&) = delete;

  /// Works for ever; ends when cancelled. `stop` ends the connections.
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> stop();

 private:
  class Connection;
  boost::asio::awaitable<void> serve(std::shared_ptr<Connection> connection);
  void take(const std::shared_ptr<Connection>& connection, const Result<std::string>& line);
  void take_metrics(const std::shared_ptr<Connection>& connection, const MetricsCall& call);
  void take_register(const std::shared_ptr<Connection>& connection, const RegisterCall& call);

  boost::asio::local::stream_protocol::acceptor acceptor_;
  std::filesystem::path path_;
  std::set<uid_t> users_;
  std::shared_ptr<Registry> registry_;
  Ask ask_;
  Changed changed_;
  Tell tell_;
  Gone gone_;
  std::uint64_t connected_ = 0;  ///< So far.
  Log& log_;
  TaskGroup connections_;
};

}  // namespace dynascale::agent
