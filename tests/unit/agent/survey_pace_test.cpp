#include "agent/survey_pace.hpp"

#include <gtest/gtest.h>

namespace dynascale::agent {
namespace {

using namespace std::chrono_literals;

TEST(SurveyPace, IsDueAtOnceThenRare) {
  SurveyPace pace;
  Instant now{1h};
  EXPECT_TRUE(pace.due(now));
  pace.surveyed(now, true);
  EXPECT_FALSE(pace.due(now + 299s));
  EXPECT_TRUE(pace.due(now + 300s));
}

TEST(SurveyPace, WhatDidNotSettleIsTriedAgainLessAndLessOften) {
  SurveyPace pace;
  Instant now{1h};
  pace.surveyed(now, true);
  for (const auto wait : {15s, 30s, 60s, 120s, 240s, 300s}) {
    pace.surveyed(now, false);
    EXPECT_FALSE(pace.due(now + wait - 1ms)) << wait.count();
    EXPECT_TRUE(pace.due(now + wait)) << wait.count();
    now += wait;
  }
  pace.surveyed(now, false);
  EXPECT_TRUE(pace.due(now + 300s)) << "never rarer than drift is looked for";
}

TEST(SurveyPace, ANewApplicationIsSurveyedAtOnce) {
  SurveyPace pace;
  const Instant now{1h};
  pace.surveyed(now, true);
  pace.applications_changed();
  EXPECT_TRUE(pace.due(now + 1ms));
  pace.surveyed(now, false);
  EXPECT_TRUE(pace.due(now + 15s));
}

}  // namespace
}  // namespace dynascale::agent
