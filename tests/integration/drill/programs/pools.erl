%% Writes what the virtual machine says of its schedulers, again and again; a file named NOW.update makes it look again
%% at the processors and take them all into use.
-module(pools).
-export([main/1]).

main([Now]) ->
    Online = erlang:system_info(schedulers_online),
    Text = io_lib:format("schedulers ~b~nschedulersOnline ~b~n", [erlang:system_info(schedulers), Online]),
    ok = file:write_file(Now ++ ".new", Text),
    ok = file:rename(Now ++ ".new", Now),
    case filelib:is_regular(Now ++ ".update") of
        true ->
            file:delete(Now ++ ".update"),
            erlang:system_info(update_cpu_info),
            Count = erlang:system_info(logical_processors_available),
            erlang:system_flag(schedulers_online, min(Count, erlang:system_info(schedulers)));
        false -> ok
    end,
    timer:sleep(100),
    main([Now]).
