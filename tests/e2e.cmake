# The checks from outside: the walls of the house, and stories that drive the daemon as its users do
# (commands, files, signals, SMTP, HTTP). python3 is Debian's, which has dkimpy.
set(POSTRIDER_PYTHON /usr/bin/python3 CACHE FILEPATH "A python3 with dkimpy")
set(POSTRIDER_CACHE ${CMAKE_BINARY_DIR}/mail-servers CACHE PATH "Where mail servers are unpacked")

add_test(NAME house.includes
  COMMAND ${POSTRIDER_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/house/include_test.py ${PROJECT_SOURCE_DIR})

add_test(NAME house.plans
  COMMAND ${POSTRIDER_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/house/plan_test.py ${PROJECT_SOURCE_DIR})

# e2e_test(NAME [SECONDS n] [LABELS l…]): tests/e2e/NAME_test.py. Label "servers": needs a private
# Postfix or Rspamd, and thereby root or sudo. Label "long": not for the sanitizers, also since it
# carries much (segment, import and export: their code is run by unit tests, too).
function(e2e_test name)
  cmake_parse_arguments(arg "" "SECONDS" "LABELS" ${ARGN})
  if(NOT arg_SECONDS)
    set(arg_SECONDS 180)
  endif()
  add_test(NAME e2e.${name}
    COMMAND ${POSTRIDER_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/e2e/${name}_test.py)
  set_tests_properties(e2e.${name} PROPERTIES
    ENVIRONMENT "POSTRIDER=$<TARGET_FILE:postrider>;POSTRIDER_CACHE=${POSTRIDER_CACHE}"
    TIMEOUT ${arg_SECONDS} LABELS "e2e;${arg_LABELS}")
endfunction()

e2e_test(first_five_minutes)
e2e_test(output)
e2e_test(status)
e2e_test(segment LABELS long)
e2e_test(import SECONDS 400 LABELS long)
e2e_test(erasure)
e2e_test(export LABELS long)
e2e_test(draft_guards)
e2e_test(draft_moves)
e2e_test(schedule)
e2e_test(local_time)
e2e_test(bounces)
e2e_test(replies SECONDS 300)
e2e_test(webhooks)
e2e_test(lmtp)
e2e_test(broken_ground)
e2e_test(session_failures)
e2e_test(hostile_readers)
e2e_test(credentials)
e2e_test(failing_answers)
e2e_test(greylisting)
e2e_test(pacing)
# It compares times.
set_tests_properties(e2e.pacing PROPERTIES RUN_SERIAL ON)
e2e_test(operator_moves)
e2e_test(operator_mail)
e2e_test(events)
e2e_test(undo)
e2e_test(amend)
e2e_test(approval)
e2e_test(claim)
e2e_test(backup)
e2e_test(maintain)
e2e_test(logs LABELS long)
e2e_test(leaving_while_sending)
e2e_test(doors)
e2e_test(tls)
e2e_test(full_disk LABELS long)
e2e_test(mailboxes LABELS servers)
e2e_test(lmtp_postfix LABELS servers)
e2e_test(real_reports SECONDS 400 LABELS servers long)
e2e_test(exim_reports LABELS servers long)
e2e_test(sign_up LABELS servers)
e2e_test(kill SECONDS 300 LABELS long)
e2e_test(way_of_an_issue LABELS servers long)
e2e_test(postfix_relay LABELS servers long)
e2e_test(segment_sending LABELS servers long)

# Second opinions by other people's programs. They skip where a program is missing, but not in
# scripts/test, which installs or fetches them all.
e2e_test(opendkim)
e2e_test(proxies)
e2e_test(rspamd LABELS servers long)
if(NOT POSTRIDER_CHECKS)
  set_tests_properties(e2e.opendkim e2e.rspamd PROPERTIES SKIP_RETURN_CODE 77)
endif()

add_test(NAME e2e.install COMMAND bash ${CMAKE_CURRENT_LIST_DIR}/e2e/install_test.sh ${CMAKE_BINARY_DIR})
set_tests_properties(e2e.install PROPERTIES LABELS e2e SKIP_RETURN_CODE 77 TIMEOUT 60)

include(checks.cmake)
