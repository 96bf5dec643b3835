#include "ctl/simulate/trace.hpp"

#include <gtest/gtest.h>

namespace dynascale::simulate {
namespace {

TEST(ParseTrace, ReadsBothColumnsAndTheStep) {
  const auto trace =
      parse_trace("a", "timestamp_s,cpu_util_percent,mem_util_percent\r\n0,12.5,40\r\n600,25,41\r\n");
  ASSERT_TRUE(trace) << trace.error().what;
  EXPECT_EQ(trace->step_seconds, 600);
  EXPECT_EQ(trace->day_steps(), 144U);
  EXPECT_EQ(demand_of(*trace, Resource::cpu, 16), (std::vector<double>{2, 4}));
  EXPECT_EQ(trace->memory_percent, (std::vector<double>{40, 41}));
}

TEST(ParseTrace, CountsStepsThatDiffer) {
  const auto trace = parse_trace("a", "timestamp_s,cpu_util_percent\n0,1\n60,1\n120,1\n240,1\n");
  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->irregular_steps, 1U);
}

struct Refused {
  const char* text;
  const char* says;
};

TEST(ParseTrace, NamesTheLineThatIsWrong) {
  constexpr Refused cases[] = {
      {"time,cpu\n0,1\n", "a:1: expected the header"},
      {"timestamp_s,cpu_util_percent\n0,1\n60,many\n", "a:3: expected 2 numbers"},
      {"timestamp_s,cpu_util_percent\n0,1\n60,nan\n", "a:3: expected 2 numbers"},
      {"timestamp_s,cpu_util_percent,mem_util_percent\n0,1\n", "a:2: expected 3 numbers"},
      {"timestamp_s,cpu_util_percent\n60,1\n60,1\n", "a:3: timestamps must rise"},
      {"timestamp_s,cpu_util_percent\n0,1\n", "at least two rows"},
      {"", "a:1: expected the header"},
  };
  for (const Refused& row : cases) {
    const auto trace = parse_trace("a", row.text);
    ASSERT_FALSE(trace) << row.text;
    EXPECT_EQ(trace.error().code, Errc::corrupt);
    EXPECT_NE(trace.error().what.find(row.says), std::string::npos) << trace.error().what;
  }
}

TEST(ReadTraces, SaysWhichFolderIsMissing) {
  const auto traces = read_traces("/no/such/folder");
  ASSERT_FALSE(traces);
  EXPECT_EQ(traces.error().code, Errc::not_found);
  EXPECT_NE(traces.error().what.find("/no/such/folder"), std::string::npos);
}

}  // namespace
}  // namespace dynascale::simulate
