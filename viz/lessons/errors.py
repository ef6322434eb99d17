"""Why a lesson can't be read."""

from models.runtime.messages import UserError


class LessonError(UserError):
    """Raised for a lesson that is not as it should be; the message names the file, the field, and what came."""
