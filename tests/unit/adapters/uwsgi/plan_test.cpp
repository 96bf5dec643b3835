#include "adapters/uwsgi/plan.hpp"

#include <gtest/gtest.h>

namespace dynascale::uwsgi {
namespace {

TEST(WorkersIn, CountsThoseThatRun) {
  EXPECT_EQ(
      workers_in(
          R"({"workers":[{"id":1,"status":"idle"},{"id":2, "status": "cheap"},{"id":3,"status":"busy"}]})"),
      (Workers{.reserved = 3, .running = 2}));
  EXPECT_FALSE(workers_in("{\"workers\":[{\"status\":\"idle\"")) << "not complete";
  EXPECT_FALSE(workers_in("{}"));
  EXPECT_FALSE(workers_in(""));
}

TEST(ControlIn, ReadsTheCommandLineAndItsFile) {
  const std::vector<std::string> argv{"uwsgi",       "--master-fifo",  "/run/f",
                                      "--cheaper=1", "--stats=/run/s", "app.ini"};
  EXPECT_EQ(control_in(argv), (Control{.fifo = "/run/f", .stats = "/run/s", .cheaper = true}));
  EXPECT_EQ(file_in(argv), "app.ini");
  EXPECT_EQ(
      control_in_file("[other]\ncheaper=1\n[uwsgi]\n; stats = x\nmaster-fifo = /f\nstats=127.0.0.1:9\n"),
      (Control{.fifo = "/f", .stats = "127.0.0.1:9", .cheaper = false}));
}

}  // namespace
}  // namespace dynascale::uwsgi
