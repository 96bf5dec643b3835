#pragma once
/// gunicorn's settings and the worker count that fits a size. Pure.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/application.hpp"

namespace dynascale::gunicorn {

struct Options {
  int min_workers = 1;
  int max_workers = 64;
  /// Used when neither the command line nor the configuration file tells it; gunicorn's own default.
  int timeout_seconds = 30;
  /// Before the first worker is added, `gunicorn --check-config` runs as the application's user: a worker
  /// that cannot import the code makes the master end. `never` is for applications whose import has side
  /// effects.
  enum class DryRun { required, never } dry_run = DryRun::required;
};

/// What the command line and the literals of the configuration file say. Absent means: not said there.
struct Configuration {
  std::optional<int> workers;
  std::optional<int> timeout_seconds;
  std::optional<std::string> worker_class;
  std::optional<std::string> bind;
  std::optional<std::string> config_file;
  std::optional<bool> preload;
  bool operator==(const Configuration&) const = default;
};

/// Whether this is gunicorn: started by its script, as `python -m gunicorn`, or with the title that it sets.
[[nodiscard]] bool is_gunicorn(std::span<const std::string> argv);
/// Where in `argv` gunicorn's own options begin; nothing when its title has replaced them.
[[nodiscard]] std::optional<std::size_t> options_begin(std::span<const std::string> argv);
[[nodiscard]] Configuration parse_arguments(std::span<const std::string> argv);
/// Reads assignments of literals at the start of a line ("timeout = 60"); an expression stays unknown.
[[nodiscard]] Configuration parse_python_config(std::string_view text);
/// `first` where it says something, `second` elsewhere.
[[nodiscard]] Configuration merge(const Configuration& first, const Configuration& second);
/// Workers of an event loop (gevent, eventlet, tornado, uvicorn, aiohttp) each fill a CPU.
[[nodiscard]] bool is_event_loop(std::string_view worker_class);

/// Keys of Settings::usage that `plan_workers` reads.
inline constexpr auto usage_private_dirty = "worker_private_dirty_bytes";
inline constexpr auto usage_event_loop = "event_loop_workers";
inline constexpr auto usage_timeout = "timeout_ms";

/// 2n+1 workers for n vCPUs (gunicorn's documentation, "How Many Workers?"), n for event loops, no more than
/// the memory carries by the private memory of the largest worker, within the options' bounds.
[[nodiscard]] ApplicationPlan plan_workers(const Settings& settings, const Resources& resources,
                                           const Options& options);

}  // namespace dynascale::gunicorn
