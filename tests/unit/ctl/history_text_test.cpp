#include "ctl/history_text.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace dynascale::ctl {
namespace {

boost::json::object parsed(const std::string& text) { return boost::json::parse(text).as_object(); }

void expect_parts(const std::string& text, std::initializer_list<const char*> parts) {
  for (const auto* part : parts) EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in\n" << text;
}

const std::string decision = R"({"at_ms":1000,"current":{"vcpus":2,"memory_bytes":1},
  "target":{"vcpus":3,"memory_bytes":1073741824},"reasons":[{"rule":"pressure.busy","text":"1.9 of 2 are busy"}]})";
const std::string resize = R"({"at_ms":1000,"ended_ms":2000,"number":7,"from":{"vcpus":2,"memory_bytes":1},
  "target":{"vcpus":3,"memory_bytes":1},"reached":{"vcpus":3,"memory_bytes":1},"ending":"complete","steps":[]})";

TEST(HistoryText, ShowsUsageAndWhatHappened) {
  const auto text = history_text(parsed(R"({"name":"web1","step_s":300,"usage":[
    {"start_ms":0,"vcpus":2.5,"busy_vcpus":1.25,"memory_bytes":1073741824,"throttled_s":12}],
    "decisions":[)" + decision + R"(],"resizes":[)" + resize + R"(],"floors":[
    {"at_ms":3000,"resource":"memory","at_least":536870912,"hold_ms":600000,"cause":"refused by postgresql"}]})"));
  expect_parts(text, {"web1", "2.50", "1.25", "1 GiB", "12 s", "decided 3 vCPUs, 1 GiB: 1.9 of 2 are busy",
                      "complete", "not below 512 MiB for 600 s: refused by postgresql"});
}

TEST(HistoryText, WhatIsNotKnownIsNotZero) {
  const auto text = history_text(parsed(R"({"usage":[{"start_ms":0,"vcpus":2}]})"));
  EXPECT_EQ(text.find("0.00"), std::string::npos) << text;
  expect_parts(history_text(parsed("{}")), {"nothing was seen"});
}

TEST(UsageText, ShowsSavedAndLacking) {
  const auto text = usage_text(parsed(R"({"from_ms":0,"to_ms":1,"guests":[{"name":"web1","seen_hours":24,
    "throttled_hours":0.5,"vcpu_hours":{"had":48,"used":20,"at_peak":96,"saved_against_peak":48.25,
    "saved_against_boot_size":-24,"lacking":0.75,"over_demand":28.5,"relative_cost":1.37},"gib_hours":{}}]})"));
  expect_parts(text, {"web1", "seen 24.00 h", "throttled 0.50 h", "48.25", "-24.00", "0.75", "28.50", "1.37",
                      "vs hindsight"});
  expect_parts(usage_text(parsed("{}")), {"nothing was seen"});
}

TEST(ExplainAtText, TellsFiguresDecisionFloorsAndResizes) {
  const auto text = explain_at_text(parsed(R"({"name":"web1","at_ms":5000,"step_s":10,
    "usage":{"vcpus":2,"busy_vcpus":1.9},"decision":)" + decision + R"(,"floors":[{"resource":"vcpus","at_least":2,
    "hold_ms":1000,"cause":"it hurt"}],"resizes":[)" + resize + "]}"));
  expect_parts(text, {"over 10 s", "1.90", "go to 3 vCPUs", "pressure.busy", "not below 2 vCPUs", "resize 7"});
}

TEST(ExplainAtText, SaysWhenNobodyWatched) {
  expect_parts(explain_at_text(parsed(R"({"name":"web1","at_ms":5000,"floors":7})")), {"nothing was seen of it then"});
}

}  // namespace
}  // namespace dynascale::ctl
