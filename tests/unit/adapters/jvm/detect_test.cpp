#include <gtest/gtest.h>

#include "adapters/jvm/attach.hpp"
#include "adapters/jvm/jvm.hpp"

namespace dynascale::jvm {
namespace {

ProcessInfo java(std::int32_t pid, std::int32_t parent, std::vector<std::string> argv, std::string cgroup = {}) {
  return {.pid = pid, .parent_pid = parent, .executable = "/usr/lib/jvm/java-17/bin/java", .cgroup = std::move(cgroup),
          .argv = std::move(argv)};
}

TEST(JvmDetect, NamesAJvmByItsUnitElseByItsProgram) {
  const Files files;
  const Jvm adapter{files};
  const std::vector<ProcessInfo> processes{
      java(10, 1, {"java", "-Xmx1g", "-jar", "/srv/shop.jar"}),
      java(11, 1, {"java", "-cp", "/a:/b", "-Dx=y", "org.example.Main", "-jar"}),
      java(12, 1, {"java", "-jar", "/opt/x.jar"}, "/system.slice/kafka.service"),
      java(13, 10, {"java", "-jar", "/srv/forked.jar"}),
      {.pid = 14, .parent_pid = 1, .executable = "/usr/bin/jcmd", .argv = {"jcmd", "10", "java"}}};
  std::vector<std::string> ids;
  for (const auto& instance : adapter.detect(processes)) ids.push_back(instance.id);
  EXPECT_EQ(ids, (std::vector<std::string>{"jvm:shop.jar", "jvm:org.example.Main", "jvm:kafka.service"}));
}

TEST(JvmDetect, ReadsTheProgramBehindOptionsThatHaveValues) {
  EXPECT_EQ(program_of({"java", "--module-path", "mods", "-m", "app/org.example.App"}), "org.example.App");
  EXPECT_EQ(program_of({"java", "@options", "--add-opens", "a/b=c", "/srv/Server.java", "8080"}), "Server.java");
  EXPECT_EQ(program_of({"java"}), "java");
  EXPECT_EQ(program_of({"java", "-jar"}), "java");
  EXPECT_EQ(program_of({}), "java");
}

TEST(JvmAttach, KnowsWhereAskingWouldDoHarm) {
  EXPECT_TRUE(attaching_is_off({"java", "-Xrs", "Main"}, {}));
  EXPECT_TRUE(attaching_is_off({"java"}, {"JAVA_TOOL_OPTIONS=-Xmx1g -XX:+DisableAttachMechanism"}));
  EXPECT_FALSE(attaching_is_off({"java", "-Xmx1g"}, {"HOME=-Xrs"}));
  EXPECT_TRUE(is_hotspot("7f00 r-xp /usr/lib/jvm/java-17/lib/server/libjvm.so\n"));
  EXPECT_FALSE(is_hotspot("7f00 r-xp /opt/openj9/lib/j9vm/libjvm.so\n7f10 r-xp /opt/openj9/lib/libj9vm29.so\n"));
  EXPECT_FALSE(is_hotspot("7f00 r-xp /bin/java\n"));
}

TEST(JvmAttach, ReadsTheStatusBeforeTheAnswer) {
  EXPECT_EQ(parse_answer("0\ntext\nmore\n").value(), "text\nmore\n");
  EXPECT_EQ(parse_answer("1\nonly 'writeable' flags can be set\n").error().code, Errc::refused);
  EXPECT_EQ(parse_answer("").error().code, Errc::corrupt);
  EXPECT_EQ(parse_answer("yes\n").error().code, Errc::corrupt);
}

}  // namespace
}  // namespace dynascale::jvm
