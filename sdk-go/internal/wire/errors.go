// Package wire holds what travels between a guest and its host: frames, JSON, errors, schemas.
package wire

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Code is one of the error codes of the host API: gRPC's canonical names.
type Code string

// The codes.
const (
	InvalidArgument    Code = "INVALID_ARGUMENT"
	Unauthenticated    Code = "UNAUTHENTICATED"
	PermissionDenied   Code = "PERMISSION_DENIED"
	NotFound           Code = "NOT_FOUND"
	AlreadyExists      Code = "ALREADY_EXISTS"
	FailedPrecondition Code = "FAILED_PRECONDITION"
	Aborted            Code = "ABORTED"
	ResourceExhausted  Code = "RESOURCE_EXHAUSTED"
	DeadlineExceeded   Code = "DEADLINE_EXCEEDED"
	Cancelled          Code = "CANCELLED"
	Unavailable        Code = "UNAVAILABLE"
	Unimplemented      Code = "UNIMPLEMENTED"
	DataLoss           Code = "DATA_LOSS"
	Internal           Code = "INTERNAL"
)

// codes are all that ever cross the wire.
var codes = []Code{
	InvalidArgument, Unauthenticated, PermissionDenied, NotFound, AlreadyExists, FailedPrecondition, Aborted,
	ResourceExhausted, DeadlineExceeded, Cancelled, Unavailable, Unimplemented, DataLoss, Internal,
}

func (c Code) retryable() bool {
	switch c {
	case Aborted, ResourceExhausted, DeadlineExceeded, Unavailable:
		return true
	}
	return false
}

// BusinessError is a refusal: the turn is undone, the caller gets the error, nothing restarts. Without
// a code it is INVALID_ARGUMENT; with a code that there is not it is a crash that says so.
type BusinessError struct {
	Code    Code
	Message string
	Details map[string]any
}

func (e *BusinessError) Error() string { return string(e.Code) + ": " + e.Message }

// SystemError is a failure of the actor itself: its supervisor decides what becomes of it.
type SystemError struct {
	Message string
	// Recoverable says that trying again may help.
	Recoverable bool
}

func (e *SystemError) Error() string { return e.Message }

// HostError is a host operation that failed, or the error with which another actor answered.
type HostError struct {
	Code      Code
	Message   string
	Retryable bool
	Details   map[string]any
	// Business tells a refusal of the other side from a failure.
	Business bool
}

func (e *HostError) Error() string { return string(e.Code) + ": " + e.Message }

// Timeout says whether a deadline has passed, as net.Error does.
func (e *HostError) Timeout() bool { return e.Code == DeadlineExceeded }

// CrashError is a panic, with where it happened.
type CrashError struct {
	Message string
	Stack   string
}

func (e *CrashError) Error() string { return e.Message }

// Refuse makes a BusinessError of INVALID_ARGUMENT.
func Refuse(format string, args ...any) error {
	return &BusinessError{Code: InvalidArgument, Message: fmt.Sprintf(format, args...)}
}

// FailureOf makes what goes over the wire of an error that a handler returned.
func FailureOf(err error) map[string]any {
	var business *BusinessError
	if errors.As(err, &business) {
		code := business.Code
		if code == "" {
			code = InvalidArgument
		}
		if !slices.Contains(codes, code) {
			return unknown("BusinessError", code, business.Message)
		}
		return failure(code, business.Message, code.retryable(), business.Details, true)
	}
	var system *SystemError
	if errors.As(err, &system) {
		if system.Recoverable {
			return failure(Unavailable, err.Error(), true, nil, false)
		}
		return failure(Internal, err.Error(), false, nil, false)
	}
	var host *HostError
	if errors.As(err, &host) {
		if !slices.Contains(codes, host.Code) {
			return unknown("HostError", host.Code, host.Message)
		}
		// A refusal that was not handled is passed on as one.
		return failure(host.Code, host.Message, host.Retryable, host.Details, host.Business)
	}
	var crash *CrashError
	if errors.As(err, &crash) {
		return failure(Internal, crash.Message, false, map[string]any{"stack": crash.Stack}, false)
	}
	return failure(Internal, err.Error(), false, nil, false)
}

// unknown is the failure of a handler whose error has a code that there is not.
func unknown(what string, code Code, message string) map[string]any {
	why := fmt.Sprintf("%s: unknown code %q; one of %s", what, code, joined(codes))
	if message != "" {
		why += "; its message: " + message
	}
	return failure(Internal, why, false, nil, false)
}

func joined(codes []Code) string {
	names := make([]string, len(codes))
	for i, c := range codes {
		names[i] = string(c)
	}
	return strings.Join(names, ", ")
}

func failure(code Code, message string, retryable bool, details map[string]any, business bool) map[string]any {
	v := map[string]any{"code": string(code), "message": message, "retryable": retryable}
	if len(details) > 0 {
		v["details"] = details
	}
	if business {
		v["business"] = true
	}
	return v
}

// ErrorFrom reads an error of the wire.
func ErrorFrom(text []byte) *HostError {
	v, err := Parse(text)
	m, ok := v.(map[string]any)
	if err != nil || !ok {
		return &HostError{Code: Internal, Message: "the host's error cannot be read"}
	}
	e := &HostError{Code: Internal, Message: "no message"}
	if s, ok := m["code"].(string); ok {
		e.Code = Code(s)
	}
	if s, ok := m["message"].(string); ok {
		e.Message = s
	}
	e.Retryable = e.Code.retryable()
	if b, ok := m["retryable"].(bool); ok {
		e.Retryable = b
	}
	e.Details, _ = m["details"].(map[string]any)
	e.Business, _ = m["business"].(bool)
	return e
}
