#pragma once
/// A listening Unix socket of a daemon, and who is at the other end of a connection to it.

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <filesystem>

#include "core/model/result.hpp"
#include "runtime/http_message.hpp"

namespace dynascale {

[[nodiscard]] Result<Peer> peer_of(int socket);

/// Listens at `path` with `mode`. A stale socket of a dead daemon is replaced, a live one refused. Errors:
/// `invalid_argument` (too long a path), `refused`, `io`.
[[nodiscard]] Result<boost::asio::local::stream_protocol::acceptor> listen_at(boost::asio::any_io_executor executor,
                                                                              const std::filesystem::path& path,
                                                                              mode_t mode, int backlog);

}  // namespace dynascale
