#include "ctl/daemon_client.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cctype>
#include <functional>
#include <memory>

#include "ctl/daemon_options.hpp"
#include "ctl/history_text.hpp"
#include "ctl/times.hpp"
#include "runtime/unix_http.hpp"

namespace dynascale::ctl {
namespace {

namespace json = boost::json;
constexpr std::chrono::seconds patience{5};

constexpr int exit_unavailable = 3;

}  // namespace

std::string encoded(const std::string& name) {
  std::string out;
  for (const char letter : name) {
    const auto byte = static_cast<unsigned char>(letter);
    if (std::isalnum(byte) != 0 || letter == '-' || letter == '_' || letter == '.')
      out += letter;
    else
      out += fmt::format("%{:02X}", byte);
  }
  return out;
}

void add_common(CLI::App& command, const std::shared_ptr<Options>& options) {
  command.add_option("--socket", options->socket, "Socket of dynascale-hostd")->capture_default_str();
  command.add_flag("--json", options->as_json, "Print the daemon's answer as JSON");
}

void print(const Result<json::object>& reply, const Options& options, ExitStatus& status,
           const std::function<std::string(const json::object&)>& text) {
  if (!reply) {
    fmt::print(stderr, "dynascalectl: {}\n", reply.error().what);
    status.code = reply.error().code == Errc::refused ? 1 : exit_unavailable;
    return;
  }
  fmt::print("{}\n", options.as_json ? json::serialize(*reply) : text(*reply));
}

Result<json::object> ask_daemon(const std::string& socket, const std::string& method, const std::string& target,
                                const std::string& body) {
  const auto reply = unix_http_request(socket, method, target, body, patience);
  if (!reply) return tl::unexpected(reply.error());
  boost::system::error_code error;
  const auto parsed = json::parse(reply->body, error);
  if (error || !parsed.is_object()) return fail(Errc::corrupt, "hostd's answer is not a JSON object");
  const auto& object = parsed.get_object();
  if (reply->status == 200) return object;
  const auto* what = object.if_contains("error");
  return fail(Errc::refused, what != nullptr && what->is_string() ? std::string{what->get_string()} : "refused");
}

void add_status(CLI::App& app, ExitStatus& status) {
  const auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("status", "Shows every guest: size, load, applications, what is being done");
  add_common(*command, options);
  command->callback([options, &status] {
    print(ask_daemon(options->socket, "GET", "/v1/status"), *options, status, status_text);
  });
}

void add_explain(CLI::App& app, ExitStatus& status) {
  const auto options = std::make_shared<Options>();
  const auto at = std::make_shared<std::string>();
  auto* command = app.add_subcommand("explain", "Tells why a guest has its size: signals, rules, resizes and links");
  command->add_option("GUEST", options->guest, "Name or UUID")->required();
  command->add_option("--at", *at, "Not now, but then: \"2026-01-31 12:00\", \"12:00\", or how long ago: \"90m\"");
  add_common(*command, options);
  command->callback([options, at, &status] {
    const auto guest = "/v1/guests/" + encoded(options->guest);
    if (at->empty()) return print(ask_daemon(options->socket, "GET", guest), *options, status, explain_text);
    const auto time = parse_time(*at, std::chrono::system_clock::now());
    if (!time) return print(fail(Errc::refused, "--at: " + time.error().what), *options, status, explain_at_text);
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time->time_since_epoch()).count();
    print(ask_daemon(options->socket, "GET", fmt::format("{}/explain?at_ms={}", guest, ms)), *options, status,
          explain_at_text);
  });
}

void add_pause_and_resume(CLI::App& app, ExitStatus& status) {
  for (const std::string verb : {"pause", "resume"}) {
    const auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand(
        verb, verb == "pause" ? "Holds a guest at its size until `resume`" : "Lets a held guest follow its load again");
    command->add_option("GUEST", options->guest, "Name or UUID")->required();
    add_common(*command, options);
    command->callback([options, &status, verb] {
      const auto target = "/v1/guests/" + encoded(options->guest) + "/" + verb;
      print(ask_daemon(options->socket, "POST", target), *options, status, [&](const json::object&) {
        return fmt::format("{}: {}", options->guest, verb == "pause" ? "held" : "follows its load");
      });
    });
  }
}

}  // namespace dynascale::ctl
