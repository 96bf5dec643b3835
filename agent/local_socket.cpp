#include "agent/local_socket.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <deque>

#include "core/wire/codec.hpp"
#include "runtime/accept.hpp"

namespace dynascale::agent {
namespace {

namespace asio = boost::asio;
using Socket = asio::local::stream_protocol::socket;
constexpr std::size_t max_connections = 64;
constexpr std::size_t max_queued = 32;
constexpr int max_faults = 8;  // Wrong lines until a peer is cut off.

}  // namespace

/// One peer. Loop thread only.
class LocalSocket::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Socket from, Peer who) : socket{std::move(from)}, peer{who} {}

  void send(std::string line) {
    if (queue_.size() >= max_queued) return close();  // It does not read: it is gone.
    queue_.push_back(std::move(line));
    if (queue_.size() == 1) write_next();
  }
  void close() {
    boost::system::error_code ignored;
    socket.close(ignored);
  }

  Socket socket;
  Peer peer;
  std::string application;  ///< Its id once it has registered.
  std::string source;       ///< Under which its figures are kept; empty until it tells one.
  [[nodiscard]] std::string name() const {
    return application.empty() ? fmt::format("user {}", peer.uid) : application;
  }
  int faults = 0;

 private:
  void write_next() {
    asio::async_write(socket, asio::buffer(queue_.front()),
                      [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                        if (error) return self->close();
                        self->queue_.pop_front();
                        if (!self->queue_.empty()) self->write_next();
                      });
  }
  std::deque<std::string> queue_;
};

Result<std::unique_ptr<LocalSocket>> LocalSocket::open(asio::any_io_executor executor,
                                                       const std::filesystem::path& path, std::set<uid_t> users,
                                                       std::shared_ptr<Registry> registry, Ask ask, Changed changed,
                                                       Log& log) {
  // Anybody may connect; who may speak is decided by the peer's credentials.
  auto acceptor = listen_at(std::move(executor), path, 0666, static_cast<int>(max_connections));
  if (!acceptor) return tl::unexpected(acceptor.error());
  users.insert(0);
  users.insert(::geteuid());
  return std::make_unique<LocalSocket>(std::move(*acceptor), path, std::move(users), std::move(registry),
                                       std::move(ask), std::move(changed), log);
}

LocalSocket::LocalSocket(asio::local::stream_protocol::acceptor acceptor, std::filesystem::path path,
                         std::set<uid_t> users, std::shared_ptr<Registry> registry, Ask ask, Changed changed, Log& log)
    : acceptor_{std::move(acceptor)},
      path_{std::move(path)},
      users_{std::move(users)},
      registry_{std::move(registry)},
      ask_{std::move(ask)},
      changed_{std::move(changed)},
      log_{log},
      connections_{acceptor_.get_executor(), [](const std::string&, const std::string&) {
                     // A peer that goes away in the middle of a line is no event for the agent.
                   }} {}

LocalSocket::~LocalSocket() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

asio::awaitable<void> LocalSocket::run() {
  const AcceptWaits waits = [this](const boost::system::error_code& error) {
    log_.warning("applications wait: no connection can be accepted now", {{"error", error.message()}});
  };
  for (;;) {
    Socket socket = co_await accept_next(acceptor_, waits);
    const auto peer = peer_of(socket.native_handle());
    if (!peer || connections_.size() >= max_connections) continue;
    auto connection = std::make_shared<Connection>(std::move(socket), *peer);
    connections_.spawn("connection", serve(std::move(connection)));
  }
}

asio::awaitable<void> LocalSocket::stop() { co_await connections_.stop_and_join(); }

asio::awaitable<void> LocalSocket::serve(std::shared_ptr<Connection> connection) {
  struct Leave {
    LocalSocket& socket;
    Connection& connection;
    ~Leave() {
      connection.close();
      if (!connection.source.empty()) socket.gone_(connection.source);
      if (connection.application.empty()) return;
      socket.registry_->remove(connection.application);
      socket.changed_();
    }
  } const leave{*this, *connection};
  if (!users_.contains(connection->peer.uid)) {
    connection->send(error_line({Errc::permission_denied, "this user may not speak to the agent; see socket_users"}));
    // The answer fits into the socket's buffer; the peer reads it before the end.
    co_return;
  }
  wire::LineReader reader;
  std::array<char, 4096> block{};
  while (connection->faults < max_faults) {
    boost::system::error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    const auto buffer = asio::buffer(block);
    const std::size_t count = co_await connection->socket.async_read_some(buffer, token);
    if (error) co_return;
    reader.feed(std::string_view{block.data(), count});
    while (const auto line = reader.next()) take(connection, *line);
  }
}

void LocalSocket::take(const std::shared_ptr<Connection>& connection, const Result<std::string>& line) {
  auto call = line.has_value() ? parse_local(*line) : Result<LocalCall>{tl::unexpected(line.error())};
  if (!call) {
    ++connection->faults;
    return connection->send(error_line(call.error()));
  }
  if (const auto* registering = std::get_if<RegisterCall>(&*call)) return take_register(connection, *registering);
  if (const auto* answer = std::get_if<AnswerCall>(&*call)) return registry_->answer(connection->application, *answer);
  if (const auto* metrics = std::get_if<MetricsCall>(&*call)) return take_metrics(connection, *metrics);
  const auto& request = std::get<RequestCall>(*call);
  const auto by = connection->name();
  const auto accepted = ask_(by, request);
  log_.info("more was asked for", {{"by", by},
                                   {"vcpus", request.vcpus},
                                   {"memory_bytes", request.memory.count()},
                                   {"reason", request.reason},
                                   {"result", accepted ? "accepted" : accepted.error().what}});
  connection->send(accepted ? accepted_line(*accepted) : error_line(accepted.error()));
}

void LocalSocket::take_metrics(const std::shared_ptr<Connection>& connection, const MetricsCall& call) {
  if (!tell_) return;
  auto source = connection->source.empty() ? std::to_string(connected_ + 1) : connection->source;
  const auto told = tell_(source, connection->name(), call);
  if (!told) return connection->send(error_line(told.error()));
  if (connection->source.empty()) ++connected_;
  connection->source = std::move(source);
}

void LocalSocket::take_register(const std::shared_ptr<Connection>& connection, const RegisterCall& call) {
  if (!connection->application.empty())
    return connection->send(error_line({Errc::refused, "this connection has registered an application already"}));
  // Offers come from the pool: only the loop may touch, or end, the connection.
  const std::weak_ptr<Connection> weak = connection;
  const auto send = [weak, executor = acceptor_.get_executor()](std::string text) {
    asio::post(executor, [weak, text = std::move(text)]() mutable {
      if (const auto alive = weak.lock()) alive->send(std::move(text));
    });
  };
  auto id = registry_->add(call, connection->peer.pid, connection->peer.uid, send);
  if (!id) return connection->send(error_line(id.error()));
  connection->application = *id;
  connection->send(welcome_line(*id));
  log_.info("an application registered", {{"application", *id}, {"pid", connection->peer.pid}});
  changed_();
}

}  // namespace dynascale::agent
