"""Reading and marking: what students hand in, verdicts, feedback, gradebooks."""

from grader.course import grade_course
from grader.marking.sheets import grade
from grader.reading.answers import read

__all__ = ["grade", "grade_course", "read"]
