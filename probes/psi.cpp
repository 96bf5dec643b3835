#include "probes/psi.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <system_error>

#include "probes/cgroup.hpp"
#include "runtime/text.hpp"

namespace dynascale {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds short_window{500};
constexpr milliseconds unprivileged_window{2000};

struct PressureLine {
  Ratio average;
  std::chrono::microseconds total{0};
};

/// "avg10=1.53 avg60=0.87 avg300=0.22 total=123": what follows the word some or full.
std::optional<PressureLine> parse_line(std::string_view rest) {
  std::optional<double> average;
  std::optional<std::int64_t> total;
  for (auto word = text::take_word(rest); !word.empty(); word = text::take_word(rest)) {
    const auto key = text::take_until(word, '=');
    if (key == "avg10") average = text::number<double>(word);
    if (key == "total") total = text::number<std::int64_t>(word);
  }
  if (!average || !total || *average < 0 || *total < 0) return std::nullopt;
  return PressureLine{.average = Ratio::percent(*average), .total = std::chrono::microseconds{*total}};
}

std::string path_of(PressureResource resource) {
  return fmt::format("/proc/pressure/{}", to_string(resource));
}

/// Returns errno of the failed step, or zero.
int arm(int fd, milliseconds threshold, milliseconds window) {
  using std::chrono::microseconds;
  const auto request =
      fmt::format("some {} {}", microseconds{threshold}.count(), microseconds{window}.count());
  // The kernel wants the terminating zero as a part of the request.
  return ::write(fd, request.c_str(), request.size() + 1) < 0 ? errno : 0;
}

Errc code_of(int error) {
  if (error == ENOENT || error == EOPNOTSUPP) return Errc::not_found;
  if (error == EACCES || error == EPERM) return Errc::permission_denied;
  return error == EINVAL ? Errc::invalid_argument : Errc::io;
}

}  // namespace

std::string_view to_string(PressureResource resource) {
  switch (resource) {
    case PressureResource::cpu:
      return "cpu";
    case PressureResource::memory:
      return "memory";
    case PressureResource::io:
      return "io";
  }
  return "?";
}

Result<PressureReading> parse_pressure(std::string_view text) {
  PressureReading reading;
  bool has_some = false;
  while (!text.empty()) {
    auto line = text::take_until(text, '\n');
    const auto kind = text::take_word(line);
    if (kind != "some" && kind != "full") continue;
    const auto values = parse_line(line);
    if (!values)
      return fail(Errc::corrupt, fmt::format("pressure line '{}' lacks a valid avg10 or total", kind));
    if (kind == "some") {
      has_some = true;
      reading.average.some_avg10 = values->average;
      reading.some_total = values->total;
    } else {
      reading.average.full_avg10 = values->average;
      reading.full_total = values->total;
    }
  }
  if (!has_some) return fail(Errc::corrupt, "pressure file has no line that starts with 'some'");
  return reading;
}

Result<PressureReading> read_pressure(const Files& files, PressureResource resource) {
  const auto text = files.read(path_of(resource), Bytes::kib(4));
  if (!text) return tl::unexpected(text.error());
  return parse_pressure(*text);
}

Result<PressureReading> read_cgroup_pressure(const Files& files, std::string_view cgroup, PressureResource resource) {
  const auto folders = cgroup_folders(files, cgroup);
  if (!folders) return tl::unexpected(folders.error());
  const auto text = files.read(fmt::format("{}/{}.pressure", folders->front(), to_string(resource)), Bytes::kib(4));
  if (!text) return tl::unexpected(text.error());
  return parse_pressure(*text);
}

Result<PressureTrigger> open_pressure_trigger(const Files& files, PressureResource resource, Ratio share) {
  const auto path = files.resolve(path_of(resource));
  int error = 0;
  for (const auto window : std::array{short_window, unprivileged_window}) {
    UniqueFd fd{::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC)};
    if (!fd.valid()) {
      error = errno;
      break;
    }
    const auto threshold =
        std::max(milliseconds{1}, std::chrono::duration_cast<milliseconds>(window * share.value()));
    error = arm(fd.get(), threshold, window);
    if (error == 0) return PressureTrigger{.fd = std::move(fd), .threshold = threshold, .window = window};
    if (error != EINVAL && error != EPERM) break;
  }
  return fail(code_of(error), fmt::format("cannot set a pressure trigger on {}: {}", path.string(),
                                          std::generic_category().message(error)));
}

}  // namespace dynascale
