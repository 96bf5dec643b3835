#include "hostd/web/dashboard.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/config/listen_address.hpp"
#include "hostd/web/pages.hpp"
#include "runtime/private_file.hpp"

namespace dynascale::hostd {
namespace {

namespace asio = boost::asio;
constexpr std::size_t shortest_token = 16;
constexpr std::size_t longest_token = 512;

Result<std::string> token_of(const std::string& path, const Files& files) {
  if (path.empty()) return std::string{};
  if (const auto own = check_private_file(path); !own) return tl::unexpected(own.error());
  auto text = files.read(path);
  if (!text) return tl::unexpected(text.error());
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
  const bool printable = std::ranges::all_of(*text, [](char letter) { return letter > ' ' && letter < '\x7f'; });
  if (text->size() < shortest_token || text->size() > longest_token || !printable)
    return fail(Errc::invalid_argument,
                fmt::format("{}: a token is one line of {} to {} printable characters without spaces; for example "
                            "from: openssl rand -hex 32",
                            path, shortest_token, longest_token));
  return *text;
}

asio::awaitable<HttpReply> answered(HttpHandler api, std::optional<HttpReply> refusal, HttpRequest request) {
  if (refusal) co_return hardened(std::move(*refusal));
  if (auto page = page_reply(request)) co_return hardened(std::move(*page));
  auto reply = co_await api(std::move(request));
  co_return hardened(std::move(reply));
}

}  // namespace

Result<std::unique_ptr<TcpServer>> open_dashboard(asio::any_io_executor executor, const config::DashboardConfig& config,
                                                  const Files& files, const Clock& clock, HttpHandler api) {
  if (page_files().empty())
    return fail(Errc::unsupported, "[dashboard] listen: this dynascale-hostd was built without the dashboard");
  const auto place = config::parse_listen_address(config.listen);
  if (!place) return fail(Errc::invalid_argument, fmt::format("'{}' is not ADDRESS:PORT", config.listen));
  auto token = token_of(config.token_file, files);
  if (!token) return tl::unexpected(token.error());
  GateRules rules;
  rules.port = place->port;
  rules.address = place->address;
  rules.names = config.names;
  rules.tls = !config.tls_certificate.empty();
  rules.token = std::move(*token);
  const auto gate = std::make_shared<Gate>(std::move(rules));
  const HttpHandler handler = [gate, &clock, api = std::move(api)](HttpRequest request) {
    auto refusal = gate->refusal(request, clock.now());
    return answered(api, std::move(refusal), std::move(request));
  };
  return TcpServer::listen(std::move(executor), place->address, place->port, {config.tls_certificate, config.tls_key},
                           handler);
}

HttpHandler on_socket(HttpHandler api) {
  return [api = std::move(api)](HttpRequest request) {
    auto refusal = socket_refusal(request);
    return answered(api, std::move(refusal), std::move(request));
  };
}

}  // namespace dynascale::hostd
