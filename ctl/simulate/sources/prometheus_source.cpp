#include "ctl/simulate/sources/prometheus_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <map>

#include "ctl/daemon_options.hpp"
#include "runtime/http_get.hpp"

namespace dynascale::simulate {
namespace {

namespace json = boost::json;
constexpr std::int64_t steps_per_request = 10'000;
constexpr HttpBounds bounds{};

/// Values by step since the span's beginning.
using Series = std::map<std::string, std::vector<double>>;

struct Grid {
  std::int64_t from_s = 0;
  std::int64_t step_s = 0;
  std::size_t steps = 0;
};

std::string name_of(const json::object& labels) {
  std::string name;
  for (const auto& [label, value] : labels) {
    if (label == "__name__" || !value.is_string()) continue;
    name += fmt::format("{}{}={}", name.empty() ? "" : ",", std::string_view{label},
                        std::string_view{value.get_string()});
  }
  if (!name.empty()) return name;
  const auto* metric = labels.if_contains("__name__");
  return metric != nullptr && metric->is_string() ? std::string{metric->get_string()} : "query";
}

double number_in(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && std::isfinite(value) ? value : missing;
}

/// Throws what Boost.JSON throws at an answer of another form.
Status take_series(const json::object& series, const Grid& grid, Series& all) {
  const auto name = name_of(series.at("metric").as_object());
  auto& values = all[name];
  if (values.empty()) values.assign(grid.steps, missing);
  if (all.size() > max_series || all.size() * grid.steps > max_values)
    return fail(
        Errc::limit_exceeded,
        fmt::format("the query gives more than {} series or {} values: narrow it", max_series, max_values));
  for (const auto& pair : series.at("values").as_array()) {
    const double at_s = pair.at(0).to_number<double>();
    const auto step =
        std::llround((at_s - static_cast<double>(grid.from_s)) / static_cast<double>(grid.step_s));
    if (step < 0 || step >= static_cast<std::int64_t>(grid.steps)) continue;
    const auto& text = pair.at(1).as_string();
    values[static_cast<std::size_t>(step)] = number_in({text.data(), text.size()});
  }
  return {};
}

Status take_answer(const HttpAnswer& answer, const Grid& grid, Series& all) {
  boost::system::error_code wrong;
  const auto parsed = json::parse(answer.body, wrong);
  const auto* whole = wrong ? nullptr : parsed.if_object();
  if (whole == nullptr)
    return fail(answer.status == 200 ? Errc::corrupt : Errc::refused,
                fmt::format("the server answered {} and no JSON object", answer.status));
  try {
    if (whole->at("status").as_string() != "success")
      return fail(Errc::refused,
                  fmt::format("the server says: {}", std::string_view{whole->at("error").as_string()}));
    const auto& data = whole->at("data").as_object();
    if (data.at("resultType").as_string() != "matrix")
      return fail(Errc::corrupt, "the query gives no range of values");
    for (const auto& series : data.at("result").as_array())
      if (const auto taken = take_series(series.as_object(), grid, all); !taken) return taken;
  } catch (const std::exception& unlike) {
    return fail(Errc::corrupt,
                fmt::format("the answer has not the form of a range query's ({})", unlike.what()));
  }
  return {};
}

Result<Grid> grid_of(const Span& span) {
  const auto step = span.step.count();
  if (step < 1) return fail(Errc::invalid_argument, "--step must be at least 1s");
  Grid grid{.from_s = span.from_s() - span.from_s() % step, .step_s = step};
  const auto length = span.to_s() - grid.from_s;
  if (length < step) return fail(Errc::invalid_argument, "--since must be before --until");
  grid.steps = static_cast<std::size_t>(length / step);
  if (grid.steps > max_steps)
    return fail(Errc::limit_exceeded, fmt::format("{} steps are too many (at most {}): take a longer --step",
                                                  grid.steps, max_steps));
  return grid;
}

Result<Series> ask(const PrometheusQuery& query, const Grid& grid) {
  auto base = query.url;
  while (base.ends_with('/')) base.pop_back();
  Series all;
  const auto steps = static_cast<std::int64_t>(grid.steps);
  for (std::int64_t begin = 0; begin < steps; begin += steps_per_request) {
    const auto last = std::min(begin + steps_per_request, steps) - 1;
    const auto answer = http_get(
        fmt::format("{}/api/v1/query_range?query={}&start={}&end={}&step={}", base, ctl::encoded(query.query),
                    grid.from_s + begin * grid.step_s, grid.from_s + last * grid.step_s, grid.step_s),
        bounds);
    if (!answer) return tl::unexpected(answer.error());
    const auto taken = take_answer(*answer, grid, all);
    if (!taken) return fail(taken.error().code, fmt::format("{}: {}", query.url, taken.error().what));
  }
  return all;
}

}  // namespace

Result<Record> read_prometheus(const PrometheusQuery& query, const Span& span, Resource resource,
                               int units_max) {
  const auto grid = grid_of(span);
  if (!grid) return tl::unexpected(grid.error());
  auto all = ask(query, *grid);
  if (!all) return tl::unexpected(all.error());
  Record record;
  for (auto& [name, values] : *all) {
    if (query.values == Values::units)
      for (double& value : values) value = 100 * value / units_max;
    Trace trace{.name = name, .step_seconds = static_cast<double>(grid->step_s)};
    (resource == Resource::cpu ? trace.cpu_percent : trace.memory_percent) = std::move(values);
    trim(trace);
    if (!trace.cpu_percent.empty() || !trace.memory_percent.empty())
      record.traces.push_back(std::move(trace));
  }
  if (record.traces.empty())
    return fail(Errc::not_found, fmt::format("{}: the query gives nothing in that time", query.url));
  return record;
}

}  // namespace dynascale::simulate
