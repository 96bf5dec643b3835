/// Apart from the others, so that programs without schedules need no time zones.

#include "core/config/scalar.hpp"

namespace dynascale::config {

Expected assign(const Scalar& from, policy::Cron& to) {
  if (!from.text) return "must be a text as \"0 8 * * Mon-Fri\": minute hour day month weekday";
  auto cron = policy::parse_cron(*from.text);
  if (!cron) return "must be as \"0 8 * * Mon-Fri\": " + cron.error().what;
  to = std::move(*cron);
  return std::nullopt;
}

Expected assign(const Scalar& from, policy::Zone& to) {
  policy::Zone zone{from.text.value_or("")};
  if (!policy::is_known(zone)) return "must be a time zone as \"Europe/Berlin\" or \"UTC\"";
  to = std::move(zone);
  return std::nullopt;
}

std::string print(const policy::Cron& value) {
  return print(value.text);
}
std::string print(const policy::Zone& value) {
  return print(value.name);
}

}  // namespace dynascale::config
