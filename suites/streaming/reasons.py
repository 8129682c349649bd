"""The named reasons for which a clause of this profile may break; the values are permanent."""

from enum import StrEnum

__all__ = ["Reason"]


class Reason(StrEnum):
    """Why a clause does not hold."""

    STREAM_REFUSED = "stream-refused"
    STREAM_IN_ONE_PIECE = "stream-in-one-piece"
    STREAM_IN_ONE_BURST = "stream-in-one-burst"
    STREAM_IN_BLOCKS = "stream-in-blocks"
    STREAM_ENDLESS = "stream-endless"
    FIRST_BYTE_LATE = "first-byte-late"
    RECORDS_UNDELIMITED = "records-undelimited"
    RECORD_UNFINISHED = "record-unfinished"
    STREAM_TYPE_MISSING = "stream-type-missing"
    HEADER_IN_TRAILER = "header-in-trailer"
    STREAM_UNTERMINATED = "stream-unterminated"
    FAILURE_HIDDEN = "failure-hidden"
    LEAVERS_COST = "leavers-cost"
    LEAVERS_LEAK = "leavers-leak"
    REFUSED_WITH_200 = "refused-with-200"
    PLAIN_CALL_STREAMED = "plain-call-streamed"
    PING_WAITS_FOR_STREAMS = "ping-waits-for-streams"
    SLOW_READER_CUT = "slow-reader-cut"
    SLOW_READER_BLOCKS = "slow-reader-blocks"
    STREAM_CUT_AT_STOP = "stream-cut-at-stop"
