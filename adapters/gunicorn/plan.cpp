#include "adapters/gunicorn/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "adapters/argv.hpp"
#include "adapters/sizing.hpp"
#include "runtime/text.hpp"

namespace dynascale::gunicorn {
namespace {

constexpr std::array<std::string_view, 2> script_names{"gunicorn", "gunicorn3"};

bool is_script(std::string_view word) {
  return std::ranges::find(script_names, base_name(word)) != script_names.end();
}

/// The literal after "=", without quotes and a trailing comment; nothing when it is an expression.
std::optional<std::string_view> literal(std::string_view rest) {
  rest = text::trim(rest);
  if (!rest.empty() && (rest.front() == '"' || rest.front() == '\'')) {
    const auto end = rest.find(rest.front(), 1);
    if (end == std::string_view::npos) return std::nullopt;
    const auto after = text::trim(rest.substr(end + 1));
    if (!after.empty() && after.front() != '#') return std::nullopt;
    return rest.substr(1, end - 1);
  }
  rest = text::trim(rest.substr(0, rest.find('#')));
  const bool plain = !rest.empty() && std::ranges::all_of(rest, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  });
  return plain ? std::optional{rest} : std::nullopt;
}

std::optional<int> as_int(const std::optional<std::string>& value) {
  return value ? text::number<int>(*value) : std::nullopt;
}

void assign(Configuration& configuration, std::string_view key, std::string_view value) {
  if (key == "workers") configuration.workers = text::number<int>(value);
  if (key == "timeout") configuration.timeout_seconds = text::number<int>(value);
  if (key == "worker_class") configuration.worker_class = value;
  if (key == "bind") configuration.bind = value;
  if (key == "preload_app" && (value == "True" || value == "False")) configuration.preload = value == "True";
}

template <class Value>
std::optional<Value> either(const std::optional<Value>& first, const std::optional<Value>& second) {
  return first ? first : second;
}

}  // namespace

std::optional<std::size_t> options_begin(std::span<const std::string> argv) {
  if (argv.empty()) return std::nullopt;
  if (is_script(argv[0])) return 1;
  if (!base_name(argv[0]).starts_with("python")) return std::nullopt;
  std::size_t index = 1;
  while (index < argv.size() && argv[index].starts_with('-') && argv[index] != "-m" && argv[index] != "-c")
    ++index;
  if (index < argv.size() && argv[index] == "-m") ++index;
  if (index < argv.size() && is_script(argv[index])) return index + 1;
  return std::nullopt;
}

bool is_gunicorn(std::span<const std::string> argv) {
  return options_begin(argv).has_value() || (!argv.empty() && argv[0].starts_with("gunicorn: "));
}

Configuration parse_arguments(std::span<const std::string> argv) {
  const auto begin = options_begin(argv);
  if (!begin) return {};
  const auto options = argv.subspan(*begin);
  Configuration configuration;
  configuration.workers = as_int(option_value(options, {"-w", "--workers"}));
  configuration.timeout_seconds = as_int(option_value(options, {"-t", "--timeout"}));
  configuration.worker_class = option_value(options, {"-k", "--worker-class"});
  configuration.bind = option_value(options, {"-b", "--bind"});
  configuration.config_file = option_value(options, {"-c", "--config"});
  if (has_flag(options, {"--preload"})) configuration.preload = true;
  return configuration;
}

Configuration parse_python_config(std::string_view text) {
  Configuration configuration;
  while (!text.empty()) {
    auto line = text::take_until(text, '\n');
    if (line.empty() || line.front() == ' ' || line.front() == '\t' ||
        line.find('=') == std::string_view::npos)
      continue;
    const auto key = text::trim(text::take_until(line, '='));
    if (const auto value = literal(line)) assign(configuration, key, *value);
  }
  return configuration;
}

Configuration merge(const Configuration& first, const Configuration& second) {
  return {.workers = either(first.workers, second.workers),
          .timeout_seconds = either(first.timeout_seconds, second.timeout_seconds),
          .worker_class = either(first.worker_class, second.worker_class),
          .bind = either(first.bind, second.bind),
          .config_file = either(first.config_file, second.config_file),
          .preload = either(first.preload, second.preload)};
}

bool is_event_loop(std::string_view worker_class) {
  constexpr std::array<std::string_view, 6> names{"gevent",  "eventlet", "tornado",
                                                  "uvicorn", "aiohttp",  "asgi"};
  return std::ranges::any_of(names,
                             [&](auto name) { return worker_class.find(name) != std::string_view::npos; });
}

ApplicationPlan plan_workers(const Settings& settings, const Resources& resources, const Options& options) {
  ApplicationPlan plan;
  const auto private_dirty = usage_of(settings, usage_private_dirty);
  const auto* const workers = settings.find("workers");
  if (private_dirty > 0)
    plan.memory_floor =
        Bytes::of(static_cast<std::uint64_t>(private_dirty) *
                  static_cast<std::uint64_t>(options.min_workers + 1));  // The master counts as one.
  if (workers == nullptr) return plan;

  const std::int64_t vcpus = std::max<std::int64_t>(1, resources.vcpus.value);
  std::int64_t wanted = usage_of(settings, usage_event_loop) != 0 ? vcpus : 2 * vcpus + 1;
  const auto bounded = [&options](std::int64_t count) {
    return std::clamp<std::int64_t>(count, options.min_workers, std::max(options.min_workers, options.max_workers));
  };
  if (private_dirty > 0) {
    plan.memory_need = as_bytes(private_dirty * (bounded(wanted) + 1));
    const auto carried =
        static_cast<std::int64_t>(resources.memory.count() / static_cast<std::uint64_t>(private_dirty)) - 1;
    if (carried < wanted) {
      plan.notes.push_back(fmt::format("{} of memory carry {} workers of {}, not {}", resources.memory,
                                       std::max<std::int64_t>(carried, 0),
                                       Bytes::of(static_cast<std::uint64_t>(private_dirty)), wanted));
      wanted = carried;
    }
  } else {
    plan.notes.emplace_back("the workers' memory is not readable, so the memory does not bound their count");
  }
  wanted = bounded(wanted);
  if (wanted != workers->value)
    plan.now.push_back({.setting = "workers",
                        .from = workers->value,
                        .to = wanted,
                        .unit = SettingUnit::count,
                        .takes_effect = TakesEffect::live});
  return plan;
}

}  // namespace dynascale::gunicorn
