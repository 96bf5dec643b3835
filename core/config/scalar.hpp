#pragma once
/// One value as written, and what it means. TOML and metadata share it, so both accept the same.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/config/custom_application.hpp"
#include "core/config/host_config.hpp"
#include "core/config/metric_source.hpp"
#include "core/config/restart_window.hpp"
#include "core/model/application.hpp"

namespace dynascale::config {

struct Scalar {
  std::optional<std::string> text;
  std::optional<double> number;
  std::optional<std::int64_t> whole;
  std::optional<bool> flag;
};

/// As metadata has it: a number is a text that looks like one.
[[nodiscard]] Scalar scalar_of_text(const std::string& text);

/// Bounds of a value, both included, in its own unit.
template <class T>
struct Between {
  T low;
  T high;
};

/// Sets `to`; otherwise leaves it and says what was expected.
using Expected = std::optional<std::string>;
[[nodiscard]] Expected assign(const Scalar& from, std::string& to);
[[nodiscard]] Expected assign(const Scalar& from, bool& to);
[[nodiscard]] Expected assign(const Scalar& from, double& to, Between<double> range);
[[nodiscard]] Expected assign(const Scalar& from, unsigned& to, Between<unsigned> range);
/// In percent.
[[nodiscard]] Expected assign(const Scalar& from, Ratio& to, Between<double> range);
[[nodiscard]] Expected assign(const Scalar& from, VcpuCount& to, Between<unsigned> range);
[[nodiscard]] Expected assign(const Scalar& from, Bytes& to, Between<Bytes> range);
[[nodiscard]] Expected assign(const Scalar& from, Duration& to, Between<Duration> range);
[[nodiscard]] Expected assign(const Scalar& from, policy::Mode& to);
[[nodiscard]] Expected assign(const Scalar& from, policy::GuestClass& to);
[[nodiscard]] Expected assign(const Scalar& from, policy::Rule& to);
[[nodiscard]] Expected assign(const Scalar& from, policy::Resource& to);
[[nodiscard]] Expected assign(const Scalar& from, policy::MetricPer& to);
[[nodiscard]] Expected assign(const Scalar& from, policy::Cron& to);
[[nodiscard]] Expected assign(const Scalar& from, policy::Zone& to);
[[nodiscard]] Expected assign(const Scalar& from, LogLevel& to);
[[nodiscard]] Expected assign(const Scalar& from, RestartWindow& to);
[[nodiscard]] Expected assign(const Scalar& from, CustomKind& to);
[[nodiscard]] Expected assign(const Scalar& from, Follows& to);
[[nodiscard]] Expected assign(const Scalar& from, CustomSignal& to);
[[nodiscard]] Expected assign(const Scalar& from, DriftRule& to);
[[nodiscard]] Expected assign(const Scalar& from, MetricUrl& to);
[[nodiscard]] Expected assign(const Scalar& from, exposition::Series& to);
[[nodiscard]] Expected assign(const Scalar& from, exposition::Read& to);
[[nodiscard]] Expected assign(const Scalar& from, exposition::Combine& to);

/// As TOML wants it.
[[nodiscard]] std::string print(const std::string& value);
[[nodiscard]] std::string print(bool value);
[[nodiscard]] std::string print(double value);
[[nodiscard]] std::string print(unsigned value);
[[nodiscard]] std::string print(Ratio value);
[[nodiscard]] std::string print(VcpuCount value);
[[nodiscard]] std::string print(Bytes value);
[[nodiscard]] std::string print(Duration value);
[[nodiscard]] std::string print(policy::Mode value);
[[nodiscard]] std::string print(policy::GuestClass value);
[[nodiscard]] std::string print(policy::Rule value);
[[nodiscard]] std::string print(policy::Resource value);
[[nodiscard]] std::string print(policy::MetricPer value);
[[nodiscard]] std::string print(const policy::Cron& value);
[[nodiscard]] std::string print(const policy::Zone& value);
[[nodiscard]] std::string print(LogLevel value);
[[nodiscard]] std::string print(const RestartWindow& value);
[[nodiscard]] std::string print(CustomKind value);
[[nodiscard]] std::string print(Follows value);
[[nodiscard]] std::string print(CustomSignal value);
[[nodiscard]] std::string print(DriftRule value);
[[nodiscard]] std::string print(const MetricUrl& value);
[[nodiscard]] std::string print(const exposition::Series& value);
[[nodiscard]] std::string print(exposition::Read value);
[[nodiscard]] std::string print(exposition::Combine value);

}  // namespace dynascale::config
