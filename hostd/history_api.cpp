#include "hostd/history_api.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "hostd/history_json.hpp"
#include "hostd/query.hpp"

namespace dynascale::hostd {
namespace {

namespace json = boost::json;
namespace asio = boost::asio;

constexpr std::string_view guests_prefix = "/v1/guests/";
constexpr std::int64_t day_s = 86400;

struct Path {
  std::string guest;  ///< Empty: of all.
  std::string verb;
};

std::optional<Path> path_of(std::string_view target) {
  const auto path = target.substr(0, target.find('?'));
  if (path == "/v1/usage") return Path{"", "usage"};
  if (!path.starts_with(guests_prefix)) return std::nullopt;
  const auto rest = path.substr(guests_prefix.size());
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto verb = rest.substr(slash + 1);
  if (verb != "history" && verb != "explain") return std::nullopt;
  return Path{percent_decoded(rest.substr(0, slash)), std::string{verb}};
}

HttpReply error_reply(const Error& error) {
  const auto status = error.code == Errc::not_found ? 404U : error.code == Errc::invalid_argument ? 400U : 503U;
  return {status, json::serialize(json::object{{"error", error.what}})};
}

Result<std::string> text_of(const Result<json::object>& body) {
  if (!body) return tl::unexpected(body.error());
  return json::serialize(*body);
}

bool is_step(std::int64_t seconds) {
  bool found = false;
  for (const auto& step : usage_steps) found = found || step.length.count() == seconds;
  return found;
}

}  // namespace

bool HistoryApi::serves(const HttpRequest& request) {
  return request.method == "GET" && path_of(request.target).has_value();
}

Result<HistoryApi::Read> HistoryApi::read_of(const HttpRequest& request) const {
  const auto path = path_of(request.target).value_or(Path{});
  const auto now_s = std::chrono::duration_cast<std::chrono::seconds>(clock_.wall().time_since_epoch()).count();
  Query query{request.target};
  if (path.verb == "explain") {
    const auto at_s = query.whole("at_ms").value_or(now_s * 1000) / 1000;
    if (const auto wrong = query.mistakes(); !wrong.empty()) return fail(Errc::invalid_argument, wrong);
    return [guest = path.guest, at_s](HistoryStore& store) { return text_of(explain_at_json(store, guest, at_s)); };
  }
  const auto to_s = (query.whole("to_ms").value_or((now_s + 1) * 1000) + 999) / 1000;
  const Period period{query.whole("from_ms").value_or((to_s - day_s) * 1000) / 1000, to_s};
  const std::int64_t fitting = 0;
  const auto step_s = path.verb == "history" ? query.whole("step_s").value_or(fitting) : fitting;
  auto wrong = query.mistakes();
  if (wrong.empty() && period.from_s >= period.to_s) wrong = "from_ms: must be before to_ms";
  if (wrong.empty() && step_s != fitting && !is_step(step_s)) wrong = "step_s: must be 10, 300 or 3600";
  if (!wrong.empty()) return fail(Errc::invalid_argument, wrong);
  const auto step = step_s == fitting ? fitting_step(period, now_s) : std::chrono::seconds{step_s};
  if (path.verb == "usage")
    return [step, period](HistoryStore& store) { return text_of(usage_json(store, step, period)); };
  if ((period.to_s - period.from_s) / step.count() > static_cast<std::int64_t>(max_points))
    return fail(Errc::invalid_argument, fmt::format("step_s: more than {} steps; ask for less", max_points));
  return [guest = path.guest, step, period](HistoryStore& store) {
    return text_of(history_json(store, guest, step, period));
  };
}

asio::awaitable<HttpReply> HistoryApi::answer(HttpRequest request) {
  if (history_ == nullptr)
    co_return error_reply({Errc::not_found, "no history is kept: [history] path in hostd.toml is empty"});
  const auto read = read_of(request);
  if (!read) co_return error_reply(read.error());
  const std::function<Result<std::string>()> work = [&history = *history_, read = *read] {
    return history.with<std::string>(read);
  };
  const auto body = co_await pool_.run<Result<std::string>>(work);
  if (!body) co_return error_reply(body.error());
  HttpReply reply;
  reply.body = *body;
  co_return reply;
}

}  // namespace dynascale::hostd
