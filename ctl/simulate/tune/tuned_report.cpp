#include <fmt/format.h>

#include <boost/json.hpp>

#include "ctl/simulate/report.hpp"
#include "ctl/simulate/tune/knobs.hpp"
#include "ctl/simulate/tune/tune.hpp"

namespace dynascale::simulate {
namespace {

namespace json = boost::json;

std::string row(const char* name, const Tally& sum) {
  const Shares share = shares(sum);
  return fmt::format("# {:<22} {:>12.1f} {:>8.1f} {:>8.2f} {:>10.3f} {:>10.1f}\n", name, sum.cost,
                     share.over_percent, share.under_samples_percent, share.unserved_percent,
                     share.resizes_per_day);
}

json::object figures(const Tally& sum) {
  const Shares share = shares(sum);
  return {{"cost", sum.cost},
          {"over_percent", share.over_percent},
          {"under_samples_percent", share.under_samples_percent},
          {"unserved_percent", share.unserved_percent},
          {"resizes_per_day", share.resizes_per_day}};
}

}  // namespace

std::string tuned_text(const Tuned& tuned, const TuneRequest& request, const std::string& guest) {
  const Validated& validated = tuned.validated;
  auto text = fmt::format(
      "# {}: {} of {} combinations tried; chosen on the past, judged on the next of {} pieces\n"
      "# {:<22} {:>12} {:>8} {:>8} {:>10} {:>10}\n",
      request.rule, tuned.tried, tuned.candidates, tune_pieces, "on judged pieces", "core-hours", "over %",
      "short %", "unserved %", "resizes/d");
  text += row("in force", validated.before) + row("chosen on the past", validated.after);
  const double percent = 100 * (validated.cost_ratio - 1);
  if (validated.recommended == 0)
    text += fmt::format(
        "# What is in force is best: what the past would have chosen cost {:+.1f} % afterwards.\n\n",
        percent);
  else
    text += fmt::format("# Cost of a series afterwards, on average: {:+.1f} %. Best on the whole record:\n\n",
                        percent);
  return text + to_paste(tuned.policy, request.rule, guest);
}

std::string tuned_json(const Tuned& tuned, const TuneRequest& request, const std::string& guest) {
  const Validated& validated = tuned.validated;
  const json::object whole{{"rule", request.rule},
                           {"candidates", tuned.candidates},
                           {"tried", tuned.tried},
                           {"changed", validated.recommended != 0},
                           {"cost_change_percent", 100 * (validated.cost_ratio - 1)},
                           {"before", figures(validated.before)},
                           {"after", figures(validated.after)},
                           {"toml", to_paste(tuned.policy, request.rule, guest)}};
  return json::serialize(whole) + "\n";
}

}  // namespace dynascale::simulate
