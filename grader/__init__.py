"""Reading and marking: what students hand in, verdicts, feedback, gradebooks."""

from grader.course import grade_course
from grader.grading import grade
from grader.reading import read

__all__ = ["grade", "grade_course", "read"]
