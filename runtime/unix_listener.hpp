#pragma once
/// A listening Unix socket of a daemon, and who is at the other end of a connection to it.

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <filesystem>

#include "core/model/result.hpp"

namespace dynascale {

/// Who is at the other end, by SO_PEERCRED.
struct Peer {
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t pid = 0;
};
[[nodiscard]] Result<Peer> peer_of(int socket);

/// Listens at `path` with `mode`. A stale socket of a dead daemon is replaced, a live one refused. Errors:
/// `invalid_argument` (too long a path), `refused`, `io`.
[[nodiscard]] Result<boost::asio::local::stream_protocol::acceptor> listen_at(boost::asio::any_io_executor executor,
                                                                              const std::filesystem::path& path,
                                                                              mode_t mode, int backlog);

}  // namespace dynascale
