#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "ctl/daemon_client.hpp"

namespace dynascale::ctl {
namespace {

const char* const guest = R"({"name":"web1","mode":"auto","size":{"vcpus":2,"memory_bytes":1073741824},
 "min":{"vcpus":1,"memory_bytes":536870912},"max":{"vcpus":4,"memory_bytes":2147483648},
 "resize":"idle","agent":{"connected":true,"program":"dynascale-agent 0.1.0"},
 "load":{"busy_vcpus":1.5,"memory_available_bytes":104857600},
 "metrics":[{"name":"queue_length","from":"registered:pool","age_ms":3000,"value":125.5,"target":100},
            {"name":"rate","from":"exec:queue","age_ms":0}],
 "applications":[{"id":"gunicorn:x","state":"following","settings":{"workers":5},"note":""}],
 "degradations":["no balloon"],
 "decisions":[{"current":{"vcpus":2,"memory_bytes":1},"target":{"vcpus":3,"memory_bytes":1},
               "reasons":[{"rule":"pressure.busy","text":"1.5 of 2 vCPUs are busy"}]}],
 "resizes":[{"number":7,"from":{"vcpus":1,"memory_bytes":1073741824},"target":{"vcpus":2,"memory_bytes":1073741824},
   "reason":"load","ending":"complete","steps":[{"after_start_ms":120,"link":"hypervisor","state":"reached",
   "text":"2 vCPUs are plugged"}],"retuned":[]}]})";

boost::json::object parsed(const std::string& text) { return boost::json::parse(text).as_object(); }

TEST(StatusText, ShowsSizeLoadApplicationsAndDegradations) {
  const auto text = status_text(parsed(std::string{"{\"guests\":["} + guest + "]}"));
  for (const auto* part : {"web1", "2 vCPUs, 1 GiB", "1.50 vCPUs busy", "100 MiB available", "workers=5", "no balloon",
                           "queue_length 125.5 (target 100)  from registered:pool, 3 s old", "rate not known"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in\n" << text;
}

TEST(StatusText, TellsHowSizesMetDemandOnceItIsKnown) {
  const std::string day = R"({"vcpu_hours":{"had":48,"over_demand":20.5,"unserved":0.25,"relative_cost":1.31},
    "gib_hours":{"had":96,"over_demand":30,"unserved":0}})";
  const auto text = status_text(parsed(R"({"host":{"cpus":8,"last_day":)" + day + R"(},"guests":[{"name":"web1"},
    {"name":"web2","last_day":)" + day + "}]}"));
  const std::string line = "vCPU-hours: had 48.0, 20.5 over demand, 0.25 unserved; 1.31 times the cost in hindsight\n";
  const auto of_host = text.find(line);
  ASSERT_NE(of_host, std::string::npos) << text;
  const auto of_guest = text.find(line, of_host + 1);
  ASSERT_NE(of_guest, std::string::npos) << text;
  EXPECT_GT(of_guest, text.find("web2"));
  EXPECT_NE(text.find("GiB-hours: had 96.0, 30.0 over demand, 0.00 unserved\n"), std::string::npos) << text;
}

TEST(StatusText, SaysWhenThereIsNoGuest) {
  EXPECT_EQ(status_text(parsed(R"({"guests":[]})")), "no guest runs on this hypervisor");
}

TEST(StatusText, ShowsTheHostAndWhoWaits) {
  const auto text = status_text(parsed(R"({"host":{"cpus":8,"memory_bytes":34359738368,
   "limit":{"vcpus":28,"memory_bytes":33285996544},"granted":{"vcpus":20,"memory_bytes":1073741824},
   "free":{"vcpus":8,"memory_bytes":2147483648},"in_flight_guests":2,"waiting_guests":1,"asked_guests":0,
   "pressure":{"memory":"tight","memory_why":"400 MiB available on the host","cpus":"room","cpus_why":""},
   "scale_out":[{"state":"raised","guest":"web1","text":"9 vCPUs wanted"},{"state":"cleared","text":"over"}]},
   "guests":[{"name":"web1","share":{"waiting":{"wanted":{"vcpus":9,"memory_bytes":0},"why":"the host is full"}}}]})"));
  for (const auto* part : {"8 CPUs, 32 GiB", "granted 20 vCPUs", "tight: 400 MiB", "scale out web1: 9 vCPUs wanted",
                           "waits   for 9 vCPUs", "the host is full"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in\n" << text;
  EXPECT_EQ(text.find("over"), std::string::npos);
}

TEST(StatusText, SurvivesAnAnswerOfAnotherVersion) {
  EXPECT_NO_THROW(static_cast<void>(status_text(parsed(R"({"guests":[{"name":7}]})"))));
}

TEST(ExplainText, NamesTheRuleAndEachLinkOfAResize) {
  const auto text = explain_text(parsed(guest));
  for (const auto* part : {"go to 3 vCPUs", "pressure.busy", "resize 7", "complete", "2 vCPUs are plugged"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in\n" << text;
}

}  // namespace
}  // namespace dynascale::ctl
