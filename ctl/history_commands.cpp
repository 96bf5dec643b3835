#include "ctl/history_commands.hpp"

#include <fmt/format.h>

#include "ctl/daemon_client.hpp"
#include "ctl/daemon_options.hpp"
#include "ctl/history_text.hpp"
#include "ctl/times.hpp"

namespace dynascale::ctl {
namespace {

struct Span : Options {
  std::string since = "24h";
  std::string until = "0s";
  std::string step;
};

void add_span(CLI::App& command, const std::shared_ptr<Span>& span) {
  command.add_option("--since", span->since, "From when: \"2026-01-31 12:00\", \"12:00\", or how long ago: \"2d\"")
      ->capture_default_str();
  command.add_option("--until", span->until, "Until when, in the same way")->capture_default_str();
  add_common(command, span);
}

/// Errors: `refused` with both mistakes.
Result<std::string> query_of(const Span& span) {
  const auto now = std::chrono::system_clock::now();
  const auto from = parse_time(span.since, now);
  const auto to = parse_time(span.until, now);
  std::string wrong;
  if (!from) wrong += "--since: " + from.error().what;
  if (!to) wrong += (wrong.empty() ? "" : "; ") + ("--until: " + to.error().what);
  if (!wrong.empty()) return fail(Errc::refused, wrong);
  const auto ms = [](WallTime at) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
  };
  return fmt::format("?from_ms={}&to_ms={}", ms(*from), ms(*to));
}

Result<boost::json::object> ask(const Span& span, const std::string& path, const std::string& more) {
  const auto query = query_of(span);
  if (!query) return tl::unexpected(query.error());
  return ask_daemon(span.socket, "GET", path + *query + more);
}

}  // namespace

void add_history(CLI::App& app, ExitStatus& status) {
  const auto span = std::make_shared<Span>();
  auto* command = app.add_subcommand("history", "Shows what a guest had and used, decisions, resizes and floors");
  command->add_option("GUEST", span->guest, "Name or UUID; it need not run any more")->required();
  command->add_option("--step", span->step, "Of the table; without it one that fits the time")
      ->check(CLI::IsMember({"10s", "5m", "1h"}));
  add_span(*command, span);
  command->callback([span, &status] {
    const auto more = span->step.empty()    ? ""
                      : span->step == "10s" ? "&step_s=10"
                      : span->step == "5m"  ? "&step_s=300"
                                            : "&step_s=3600";
    print(ask(*span, "/v1/guests/" + encoded(span->guest) + "/history", more), *span, status, history_text);
  });
}

void add_usage(CLI::App& app, ExitStatus& status) {
  const auto span = std::make_shared<Span>();
  auto* command = app.add_subcommand("usage", "Tells vCPU-hours and GiB-hours of each guest, saved and lacking");
  add_span(*command, span);
  command->callback([span, &status] { print(ask(*span, "/v1/usage", ""), *span, status, usage_text); });
}

}  // namespace dynascale::ctl
