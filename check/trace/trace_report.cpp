#include <fmt/format.h>

#include <boost/json.hpp>

#include "check/text/lines.hpp"
#include "check/trace/history.hpp"

namespace dynascale::check {
namespace {

namespace json = boost::json;
constexpr std::size_t most_printed = 300;

std::string counts_text(const Tally& tally) {
  return fmt::format("{:>5} {:>5} {:>6}", tally.counts[0], tally.counts[1], tally.counts[2]);
}

std::string rows(const History& history, bool noise) {
  std::string out;
  for (const auto& [question, tally] : history.tallies()) {
    if (question.noise.empty() == noise) continue;
    out += fmt::format("  Q{} {:<12} {}  {:<45} {}{}\n", mission_question(question.topic),
                       to_string(question.topic), counts_text(tally), printable(question.what, most_printed),
                       printable(question.asker, most_printed), noise ? "  (" + question.noise + ")" : "");
  }
  return out;
}

}  // namespace

std::string trace_text(const History& history, const TraceEnd& end) {
  auto out = fmt::format("dynascale-check trace: {:.1f} s, {} tasks, exit code {}\n",
                         static_cast<double>(end.length.count()) / 1000, end.processes, end.exit_code);
  const auto own = rows(history, false);
  const auto noise = rows(history, true);
  if (!own.empty()) out += "asked:             boot later reload\n" + own;
  if (!noise.empty()) out += "not its own:       boot later reload\n" + noise;
  out += "verdict:\n";
  bool asked = false;
  for (std::size_t i = 0; i < topic_count; ++i) {
    const auto topic = static_cast<Topic>(i);
    const auto habit = history.habit(topic);
    if (habit == Habit::not_asked) continue;
    asked = true;
    out += fmt::format("  Q{} {:<12} {}\n", mission_question(topic), to_string(topic), to_string(habit));
  }
  if (!asked) out += "  it asked nothing: fixed by its configuration, or it never knew\n";
  if (!end.left_boot) out += "  it ended while starting: whether it asks again was not seen\n";
  if (history.left_out() > 0) out += fmt::format("  {} further calls were left out\n", history.left_out());
  if (!end.incomplete.empty()) out += "  incomplete: " + end.incomplete + "\n";
  return out + "Asking is not acting: 'dynascale-check drill' shows what it makes of the answer.\n";
}

std::string trace_json(const History& history, const TraceEnd& end) {
  json::array questions;
  for (const auto& [question, tally] : history.tallies()) {
    questions.push_back(json::object{{"question", mission_question(question.topic)},
                                     {"topic", to_string(question.topic)},
                                     {"what", printable(question.what, most_printed)},
                                     {"asker", printable(question.asker, most_printed)},
                                     {"noise", question.noise},
                                     {"boot", tally.counts[0]},
                                     {"later", tally.counts[1]},
                                     {"reload", tally.counts[2]},
                                     {"first_ms", tally.first.count()}});
  }
  json::object verdict;
  for (std::size_t i = 0; i < topic_count; ++i) {
    const auto topic = static_cast<Topic>(i);
    verdict[to_string(topic)] = to_string(history.habit(topic));
  }
  const json::object root{{"schema", 1},
                          {"questions", std::move(questions)},
                          {"verdict", std::move(verdict)},
                          {"left_boot", end.left_boot},
                          {"exit_code", end.exit_code},
                          {"tasks", end.processes},
                          {"length_ms", end.length.count()},
                          {"left_out", history.left_out()},
                          {"incomplete", end.incomplete}};
  return json::serialize(root) + "\n";
}

}  // namespace dynascale::check
