#pragma once
/// The dashboard's listener on a network address, as hostd.toml names it. It only reads: what it answers is
/// the local API behind the gate.

#include <memory>

#include "core/config/host_config.hpp"
#include "hostd/web/gate.hpp"
#include "hostd/web/tcp_server.hpp"
#include "runtime/clock.hpp"
#include "runtime/files.hpp"

namespace dynascale::hostd {

/// Errors: those of TcpServer::listen; `permission_denied` or `invalid_argument` for the token's file;
/// `unsupported` when the program was built without the dashboard.
[[nodiscard]] Result<std::unique_ptr<TcpServer>> open_dashboard(boost::asio::any_io_executor executor,
                                                                const config::DashboardConfig& config,
                                                                const Files& files, const Clock& clock,
                                                                HttpHandler api);

/// Pages and API as the Unix socket serves them.
[[nodiscard]] HttpHandler on_socket(HttpHandler api);

}  // namespace dynascale::hostd
