"""`python -P -m grader.probe -f CONNECTION_FILE`."""

from grader.probe.kernel import main

main()
