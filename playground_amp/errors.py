"""The one exception for mistakes of the person at the keyboard."""


class UserError(Exception):
    """A mistake the user can mend.

    The message is one clear sentence a line: it names the thing, what was found and what is allowed.
    Scripts print it after `error: ` and end with exit status 2, without a traceback.
    """
