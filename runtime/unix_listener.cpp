#include "runtime/unix_listener.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <boost/asio/io_context.hpp>

namespace dynascale {
namespace {

namespace asio = boost::asio;

bool someone_listens(const std::filesystem::path& path) {
  asio::io_context context{1};
  asio::local::stream_protocol::socket probe{context};
  boost::system::error_code error;
  probe.connect(asio::local::stream_protocol::endpoint{path.string()}, error);
  return !error;
}

}  // namespace

Result<Peer> peer_of(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
    return fail(Errc::io, "the peer's credentials cannot be read");
  return Peer{credentials.uid, credentials.gid, credentials.pid};
}

Result<asio::local::stream_protocol::acceptor> listen_at(asio::any_io_executor executor,
                                                         const std::filesystem::path& path, mode_t mode,
                                                         int backlog) {
  if (path.string().size() >= sizeof(sockaddr_un::sun_path))
    return fail(Errc::invalid_argument, fmt::format("the socket path {} is longer than {} bytes", path.string(),
                                                    sizeof(sockaddr_un::sun_path) - 1));
  if (std::filesystem::exists(path)) {
    if (someone_listens(path)) return fail(Errc::refused, fmt::format("{} is served by another daemon", path.string()));
    std::filesystem::remove(path);
  }
  asio::local::stream_protocol::acceptor acceptor{std::move(executor)};
  boost::system::error_code error;
  const asio::local::stream_protocol::endpoint endpoint{path.string()};
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error && ::chmod(path.c_str(), mode) != 0) error.assign(errno, boost::system::generic_category());
  if (!error) acceptor.listen(backlog, error);
  if (error) return fail(Errc::io, fmt::format("cannot listen at {}: {}", path.string(), error.message()));
  return acceptor;
}

}  // namespace dynascale
